#define CATCH_CONFIG_RUNNER
#include <armadillo>
#include <iostream>

#include "support/catch.hpp"

// Random tests take their streams from fixed seeds written in the tests; the seed printed here is
// Catch's own, which only orders test cases.
int main(int argc, char** argv) {
  Catch::Session session;
  if (const int status = session.applyCommandLine(argc, argv); status != 0) return status;
  std::cout << "Armadillo " << arma::arma_version::as_string() << ", seed "
            << session.config().rngSeed() << std::endl;
  return session.run();
}
