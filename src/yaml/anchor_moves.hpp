// Keeps what aliases mean while the values they refer to change: an anchored
// value that is about to change moves, as it was, to the first alias that stays.
#pragma once

#include <string_view>

#include "yaml/reading.hpp"
#include "yaml/surgery.hpp"

namespace lockstep::yaml {

// Adds the moves that surgeon.touches() make necessary to its changes.
void move_anchors(std::string_view text, const Reading& reading, Surgeon& surgeon);

}  // namespace lockstep::yaml
