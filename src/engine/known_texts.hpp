// The tasks of the base by the text that they have in the YAML, as BaseTable keeps them. With them a run reads of a large
// file only the tasks whose text is new (Document::read_changes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/known_text.hpp"
#include "reconcile/candidates.hpp"

namespace lockstep {

// `yaml`: the YAML's index after the run. Left out are tasks that their text does not tell or that gave a warning, which
// is to be given again, and `unsettled` ones, whose YAML may say something else than the base. All sorted by id.
std::string write_known_texts(std::span<const KnownText> texts, std::span<const IndexEntry> yaml,
                              std::span<const std::int64_t> unsettled);

// Those that still hold: of tasks whose base is the one that they were written with. Anything else than what
// write_known_texts() made on a machine like this one yields none.
std::vector<KnownText> read_known_texts(std::string_view stored, std::span<const IndexEntry> base);

}  // namespace lockstep
