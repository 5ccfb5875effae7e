#include "cli/program.hpp"

int main(int argc, char** argv) { return rhodrift::cli::run(argc, argv); }
