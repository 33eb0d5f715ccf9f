#include "cli/completion.hpp"

namespace lockstep::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string all_names(const CommandWords& command) {
  std::string text;
  for (const OptionWords& option : command.options)
    for (const std::string& name : option.names)
      if (name.starts_with("--")) text += (text.empty() ? "" : " ") + name;
  return text;
}

// The arms of `case` that complete the value after an option; one that takes any value offers files.
void append_value_arms(std::string& script, const std::string& pattern_prefix, const CommandWords& command) {
  for (const OptionWords& option : command.options) {
    if (!option.takes_value) continue;
    std::string pattern;
    for (const std::string& name : option.names) pattern += (pattern.empty() ? "" : "|") + pattern_prefix + name;
    script += "    " + pattern + ")\n";
    script += option.choices.empty()
                  ? "      COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
                  : "      COMPREPLY=($(compgen -W '" + joined(option.choices, " ") + "' -- \"$current\")); return ;;\n";
  }
}

}  // namespace

std::string bash_completion(const std::string& program, const std::vector<CommandWords>& commands) {
  std::string names;
  std::string global_options;
  for (const CommandWords& command : commands) {
    if (command.name.empty()) global_options = all_names(command);
    else names += (names.empty() ? "" : " ") + command.name;
  }

  std::string script = "# Bash completion of " + program + ". Load it with:  source <(" + program + " completion bash)\n";
  script += "_" + program + "() {\n";
  script += "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" command='' word\n";
  script += "  local commands='" + names + "'\n";
  script += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  script += "    [[ \" $commands \" == *\" $word \"* ]] && { command=$word; break; }\n";
  script += "  done\n";
  script += "  case \"$command $previous\" in\n";
  for (const CommandWords& command : commands)
    append_value_arms(script, command.name.empty() ? "*' '" : command.name + "' '", command);
  script += "  esac\n";
  script += "  local words='" + global_options + "'\n";
  script += "  case \"$command\" in\n";
  script += "    '') words=\"$commands $words\" ;;\n";
  for (const CommandWords& command : commands) {
    if (command.name.empty()) continue;
    const std::string own = all_names(command);
    const std::string arguments = joined(command.arguments, " ");
    script += "    " + command.name + ") words=\"" + own + (arguments.empty() ? "" : " " + arguments) + " $words\" ;;\n";
  }
  script += "  esac\n";
  script += "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n";
  script += "  [[ ${#COMPREPLY[@]} -eq 0 && $current != -* && -n $command ]] && COMPREPLY=($(compgen -f -- \"$current\"))\n";
  script += "  return 0\n}\ncomplete -F _" + program + " " + program + "\n";
  return script;
}

}  // namespace lockstep::cli
