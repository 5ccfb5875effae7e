#include <iostream>

#include <rhodrift/sim/program.hpp>
#include <rhodrift/version.hpp>

int main() {
  rhodrift::Circuit bell(2);
  bell.append(rhodrift::Op::h, {0}).append(rhodrift::Op::cx, {0, 1});
  const std::vector observables{rhodrift::Observable::parse("Z0 Z1")};
  const double zz = rhodrift::Program(bell).expectations({}, observables)[0];
  std::cout << "rhodrift " << rhodrift::version() << ": <Z0 Z1> = " << zz << '\n';
  return zz > 1 - 1e-12 ? 0 : 1;
}
