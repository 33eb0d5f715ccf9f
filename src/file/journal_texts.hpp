// What a record holds besides the run's own words once a save was made over the run's unconfirmed text: the text that
// the run had read, and the one that it had written. With both, and the two saves, the four can be merged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

struct RunTexts {
  std::string_view read;
  std::string_view written;
};

struct JournalTexts {
  std::string record;  // the run's own
  std::optional<std::string> read, written;
};

std::string write_journal_texts(std::string_view record, const RunTexts&);
// Of any record: without texts, it is its own.
JournalTexts read_journal_texts(std::string record);

}  // namespace lockstep
