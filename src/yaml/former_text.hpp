// What a text was before an edit, stretch by stretch, and the way back.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/former_text.hpp"
#include "yaml/reading.hpp"

namespace lockstep::yaml {

struct TextOf {
  std::string_view text;
  const Reading& reading;
};

// Where the list and what stands between its tasks differ, in the order of the text; what stands outside the list is not
// looked at. None where either text has no list. Precondition: both readings are whole, or both have items.
std::vector<FormerText> former_texts(const TextOf& before, const TextOf& after);

// The text with every stretch brought back that is, byte for byte, still what the edit made it. nullopt: none is.
// Precondition: the reading is whole.
std::optional<std::string> with_former_texts(const TextOf& now, std::span<const FormerText> former);

}  // namespace lockstep::yaml
