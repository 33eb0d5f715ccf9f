// Bash completion, made from the command line's own description.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lockstep::cli {

struct OptionWords {
  std::vector<std::string> names;    // `--direction`, `-n`
  bool takes_value = false;
  std::vector<std::string> choices;  // of the value; empty = a file, where it takes one
};

struct CommandWords {
  std::string name;                    // empty = the options that stand before or after any command
  std::vector<OptionWords> options;
  std::vector<std::string> arguments;  // words that may follow; empty = files
};

std::string bash_completion(const std::string& program, const std::vector<CommandWords>& commands);

}  // namespace lockstep::cli
