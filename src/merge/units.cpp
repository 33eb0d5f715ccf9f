#include "merge/units.hpp"

#include <algorithm>

#include "yaml/text.hpp"

namespace lockstep::merge {
namespace {

using yaml::Node;

// Trees are made of the whole text; beyond this size it is merged by lines and records alone.
constexpr std::size_t kMostForATree = std::size_t{16} << 20;

std::size_t first_of_line(std::string_view text, std::size_t at) { return yaml::line_start(text, at); }

// Behind the line that the content before `end` ends on.
std::size_t behind_line(std::string_view text, std::size_t start, std::size_t end) {
  if (end > start && (text[end - 1] == '\n' || text[end - 1] == '\r')) return end;
  return yaml::next_line(text, end);
}

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::vector<Unit> take() { return std::move(units_); }

  void lines(std::size_t start, std::size_t end) {
    while (start < end) {
      const std::size_t next = std::min(end, std::max(yaml::next_line(text_, start), start + 1));
      units_.push_back({{}, text_.substr(start, next - start), false});
      start = next;
    }
  }

  void keyed(std::string key, std::size_t start, std::size_t end, bool record = false) {
    units_.push_back({std::move(key), text_.substr(start, end - start), record});
  }

  // The members of a block mapping in [start, end), which begins and ends with lines. `list`: of the document's root, the
  // place where its records stand. false: two members share a line.
  bool members(const Node& mapping, std::size_t start, std::size_t end, const std::string& path,
               const yaml::Reading* document) {
    std::size_t at = start;
    for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
      const Node& key = mapping.items[i];
      const Node& value = mapping.items[i + 1];
      const std::size_t line = first_of_line(text_, key.start);
      if (line < at || !key.is(Node::Kind::scalar)) return false;
      lines(at, line);
      const std::size_t value_end = std::max(key.end, value.end);
      at = std::min(end, behind_line(text_, key.start, value_end));
      if (!member(key, value, line, at, path + "\x1f" + key.value, document)) return false;
    }
    lines(at, end);
    return true;
  }

 private:
  bool member(const Node& key, const Node& value, std::size_t start, std::size_t end, const std::string& path,
              const yaml::Reading* document) {
    const std::size_t header_end = yaml::next_line(text_, key.end);
    const bool is_list = document && document->list.form == yaml::ListPlace::Form::block && key.start == document->list.key.start;
    const bool own_lines = value.start >= header_end && value.end > value.start;
    if (is_list) {
      keyed(path, start, own_lines ? header_end : end);
      return !own_lines ? document->order.empty() : records(*document, header_end, end);
    }
    const bool cut = value.is(Node::Kind::mapping) && !value.flow && own_lines && value.tag.empty() && value.anchor.empty();
    if (!cut) {
      keyed(path, start, end);
      return true;
    }
    keyed(path, start, header_end);
    return members(value, header_end, end, path, nullptr);
  }

  bool records(const yaml::Reading& reading, std::size_t start, std::size_t end) {
    std::size_t at = start;
    for (const std::uint32_t index : reading.order) {
      const yaml::TaskPlace& place = reading.places[index];
      const std::size_t line = first_of_line(text_, place.start);
      const std::size_t dash = text_.find_first_not_of(" \t", line);
      if (place.alias || line < at || dash >= place.start || text_[dash] != '-') return false;
      lines(at, line);
      at = std::min(end, behind_line(text_, place.start, place.end));
      keyed("#" + std::to_string(reading.tasks[index].id), line, at, true);
    }
    lines(at, end);
    return true;
  }

  std::string_view text_;
  std::vector<Unit> units_;
};

}  // namespace

std::optional<std::vector<Unit>> units_of_document(std::string_view text, const yaml::Reading& reading) {
  if (text.size() > kMostForATree || !reading.whole || !reading.root.present || reading.root.flow) return std::nullopt;
  const auto root = yaml::parse_node(text, reading.root.span.start, reading.root.span.end, reading.ascii);
  if (!root || !root->is(Node::Kind::mapping) || root->flow) return std::nullopt;
  Cutter cutter(text);
  if (!cutter.members(*root, 0, text.size(), {}, &reading)) return std::nullopt;
  return cutter.take();
}

std::optional<std::vector<Unit>> units_of_record(std::string_view text, bool ascii) {
  const std::size_t dash = text.find_first_not_of(" \t");
  if (dash == std::string_view::npos || text[dash] != '-') return std::nullopt;
  const std::size_t start = yaml::skip_to_content(text, dash + 1);
  std::size_t end = text.size();
  while (end > start && (text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
  const auto root = yaml::parse_node(text, start, text.size(), ascii);
  if (!root || !root->is(Node::Kind::mapping) || root->flow || !root->tag.empty() || !root->anchor.empty()) return std::nullopt;
  Cutter cutter(text);
  if (!cutter.members(*root, 0, text.size(), {}, nullptr)) return std::nullopt;
  return cutter.take();
}

std::vector<Unit> units_of_lines(std::string_view text) {
  Cutter cutter(text);
  cutter.lines(0, text.size());
  return cutter.take();
}

}  // namespace lockstep::merge
