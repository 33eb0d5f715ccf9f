// Faults as the reader finds them, by byte; diagnostics as people see them, by line and column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"

namespace lockstep::yaml {

inline constexpr std::size_t kWholeFile = static_cast<std::size_t>(-1);

struct Fault {
  std::size_t start = kWholeFile;  // bytes in the text
  std::size_t end = kWholeFile;
  std::optional<std::int64_t> task_id;
  std::string field;
  std::string message;
};

// Where the lines of a text begin, as editors count them: after `\n`, `\r\n` and
// a lone `\r`, but not after U+0085, U+2028 or U+2029, which libyaml counts too.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  struct Position {
    std::size_t line = 1;
    std::size_t column = 1;  // in characters; the BOM is none
  };
  std::size_t line(std::size_t byte) const;
  Position position(std::size_t byte) const;
  std::string_view line_text(std::size_t line) const;  // without its line break and BOM

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

// Collects faults. Not more than it can be asked to show are kept; all are counted.
class FaultList {
 public:
  FaultList(std::string_view text, std::size_t keep) : text_(text), keep_(keep) {}

  void add(std::size_t start, std::size_t end, std::string field, std::string message);
  void add(Fault);
  void add_instead(Fault);  // of the last one, if that is at the same place
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::size_t limit() const { return keep_; }
  const std::vector<Fault>& list() const { return faults_; }  // those that are kept, as they came

  // A task's faults can come before its id: those since `mark` get it.
  std::size_t mark() const { return faults_.size(); }
  void assign_task(std::size_t mark, std::int64_t id);

  std::size_t line_of(std::size_t byte);  // from 1

  // Sorted by place, one per place and message. `more` counts those beyond `limit`.
  std::vector<Diagnostic> diagnostics(const std::string& file, std::size_t limit, std::size_t& more);

 private:
  const LineIndex& lines();
  void show_source(const Fault& fault, Diagnostic& diagnostic);

  std::string_view text_;
  std::size_t keep_;
  std::size_t count_ = 0;
  std::vector<Fault> faults_;
  std::optional<LineIndex> lines_;
};

}  // namespace lockstep::yaml
