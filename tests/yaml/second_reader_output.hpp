// Where LOCKSTEP_SECOND_READER_OUT is set: what the tests wrote, for other readers to see.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "model/json.hpp"
#include "model/task.hpp"

namespace lockstep::yaml_test {

using Meant = std::map<std::int64_t, Task>;

inline void write_for_second_reader(const std::string& text, const Meant& meant) {
  static const char* const folder = std::getenv("LOCKSTEP_SECOND_READER_OUT");
  static std::size_t number = 0;
  // Neither of the second readers takes a tab before a comment, which libyaml does.
  if (folder == nullptr || text.find("\t#") != std::string::npos) return;
  const std::string base = std::string(folder) + "/" + std::to_string(number++);
  std::ofstream(base + ".yml", std::ios::binary) << text;
  if (parse_json(text).ok()) std::ofstream(base + ".is_json");
  std::ofstream json(base + ".json", std::ios::binary);
  json << "[";
  bool first = true;
  for (const auto& [id, task] : meant) {
    json << (first ? "" : ",\n") << to_json_text(task);
    first = false;
  }
  json << "]\n";
}

}  // namespace lockstep::yaml_test
