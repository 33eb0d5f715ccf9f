// From edits of tasks to changes of the text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/task.hpp"
#include "yaml/document.hpp"
#include "yaml/reading.hpp"

namespace lockstep::yaml {

enum class Strategy : std::uint8_t {
  precise,  // values change inside, texts of former tasks are put back
  plain,    // whole values are written anew, inserted tasks are made from their values
};

struct Edited {
  std::string text;
  std::string problem;                                // not empty: nothing was made
  std::map<std::int64_t, std::optional<Task>> meant;  // what ids touched by the edits must read as: nullopt = absent
};

Edited apply_edits(std::string_view text, const Reading& reading, std::span<const Edit> edits,
                   const std::optional<MetadataEdit>& metadata, Strategy strategy);

}  // namespace lockstep::yaml
