#include "cli/command_line.hpp"

int main(int argc, char** argv) { return static_cast<int>(lockstep::cli::run(argc, argv)); }
