#include "yaml/list_edit.hpp"

#include <algorithm>

#include "yaml/block_entries.hpp"
#include "yaml/comments.hpp"
#include "yaml/list_place.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t npos = static_cast<std::size_t>(-1);

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = line_end(text, at);
    lines.push_back(text.substr(at, end - at));
    at = end + break_length(text, end);
  }
  return lines;
}

bool is_item_line(std::string_view line) {
  const std::size_t at = skip_blanks(line, 0);
  return at < line.size() && line[at] == '-' && (at + 1 == line.size() || is_blank(line[at + 1]));
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

}  // namespace

void ListEditor::change(const std::vector<bool>& removed, const std::vector<const Edit*>& inserted,
                        std::vector<Task>& meant) {
  const std::size_t count = removed.size();
  const bool all_gone = std::all_of(removed.begin(), removed.end(), [](bool r) { return r; });
  const bool flow_root = reading_.root.present && reading_.root.flow;
  const bool brackets_hold_comments =
      reading_.list.form == ListPlace::Form::flow &&
      text_.substr(reading_.list.value.start, reading_.list.value.end - reading_.list.value.start).find('#') !=
          std::string_view::npos;
  const bool flow = flow_root || (reading_.list.form == ListPlace::Form::flow && (count > 0 || brackets_hold_comments));
  const FlowLayout in_brackets = flow ? layout() : FlowLayout{};
  const std::size_t column = !flow               ? column_for_items()
                             : in_brackets.lines ? in_brackets.indent.size()
                                                 : indentation_of(text_, opening_bracket()).size();
  in_order_of_ids_ = true;
  for (std::size_t i = 0; i < count; ++i) in_order_of_ids_ = in_order_of_ids_ && reading_.order[i] == i;
  std::vector<Piece> pieces;
  for (const Edit* edit : inserted) {
    Task task;
    pieces.push_back(piece_for(*edit, flow, column, task));
    pieces.back().before = edit->text ? position_for(edit->task->id, removed) : count;
    meant.push_back(std::move(task));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const TaskPlace& place = reading_.places[reading_.order[i]];
    if (removed[i]) surgeon_.touch(place.start, place.end, true);
  }
  if (count > 0 || !pieces.empty()) {
    const Span& list = reading_.list.value;
    if (reading_.list.form != ListPlace::Form::missing) surgeon_.touch(list.start, list.end, false);
  }
  if (reading_.list.form == ListPlace::Form::flow && flow) return change_flow(removed, pieces);
  if (count > 0) {
    const bool replaces_last =
        removed.back() && std::any_of(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.before == count; });
    remove_lines(removed, replaces_last);
    insert_lines(pieces, removed);
    if (all_gone && pieces.empty()) write_empty_list();
  } else if (!pieces.empty()) {
    if (reading_.list.form == ListPlace::Form::missing)
      append_list(pieces);
    else
      fill_empty(pieces);
  }
}

void ListEditor::remove_lines(const std::vector<bool>& removed, bool replaces_last) {
  const std::size_t count = removed.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!removed[i]) continue;
    // Neighbours with nothing but blank lines between go as one.
    std::size_t last = i;
    std::size_t end = lines_of(text_, reading_, i).end;
    while (last + 1 < count && removed[last + 1]) {
      const TaskLines next = lines_of(text_, reading_, last + 1);
      if (blank_lines_below(text_, end) < next.start) break;
      end = next.end;
      ++last;
    }
    if (last + 1 == count && replaces_last)
      surgeon_.changes().remove(lines_of(text_, reading_, i).start, end);
    else
      remove_group(i, last, last + 1 == count);
    i = last;
  }
}

// One run of blank lines parted the group from its neighbours on either side; one is left.
void ListEditor::remove_group(std::size_t first, std::size_t last, bool to_the_end) {
  const TaskLines top = lines_of(text_, reading_, first);
  const TaskLines bottom = lines_of(text_, reading_, last);
  const std::size_t limit =
      first > 0 ? lines_of(text_, reading_, first - 1).end : next_line(text_, reading_.list.key.end);
  const std::size_t above = blank_lines_above(text_, top.start, std::min(limit, top.start));
  const std::size_t below = blank_lines_below(text_, bottom.end);
  const bool at_end_of_file = to_the_end && below >= text_.size();
  const bool has_above = above < top.start;
  std::size_t start = top.start;
  std::size_t end = bottom.end;
  if (first > 0 && top.start == limit && takes_blank_lines(first - 1))
    end = below;
  else if (at_end_of_file)
    start = above;
  else if (has_above ? below - end <= start - above : first == 0 && !to_the_end)
    end = below;
  else if (has_above && below > end)
    start = above;
  surgeon_.changes().remove(start, end);
}

std::optional<Node> ListEditor::task_at(std::size_t position) const {
  const TaskPlace& place = reading_.places[reading_.order[position]];
  return parse_node(text_, place.start, place.end, reading_.ascii);
}

// Whether blank lines behind the task would become part of its last value.
bool ListEditor::takes_blank_lines(std::size_t position) const {
  const std::optional<Node> task = task_at(position);
  return task && yaml::takes_blank_lines(text_, *task);
}

void ListEditor::insert_lines(const std::vector<Piece>& pieces, const std::vector<bool>& removed) {
  const std::size_t count = removed.size();
  if (pieces.empty()) return;
  const std::string blank = repeat("\n", separating_lines());
  // In the place of the last task, between the blank lines that were around it, if that one goes.
  const TaskLines last = lines_of(text_, reading_, count - 1);
  const std::size_t end = removed.back() ? last.start : last.end;
  const bool behind_last =
      !removed.back() && std::any_of(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.before == count; });
  if (behind_last && line_start(text_, end) != end)
    if (const std::optional<Node> task = task_at(count - 1)) surgeon_.end_line_of(*task);
  bool nothing_above = removed.back() || (behind_last && !blank.empty() && takes_blank_lines(count - 1));
  std::string at_end;
  for (const Piece& piece : pieces) {
    if (piece.before < count) {
      surgeon_.insert_lines(lines_of(text_, reading_, piece.before).start, piece.lines + blank);
      continue;
    }
    if (!at_end.empty()) at_end += "\n";
    at_end += (nothing_above ? "" : blank) + piece.lines;
    nothing_above = false;
  }
  if (!at_end.empty()) surgeon_.insert_lines(end, at_end);
}

void ListEditor::change_flow(const std::vector<bool>& removed, const std::vector<Piece>& pieces) {
  FlowEdit edit;
  edit.removed = removed;
  edit.elements = elements();
  edit.layout = layout();
  edit.tasks = true;
  for (const Piece& piece : pieces) edit.added.push_back({piece.before, piece.lines});
  edit_flow(surgeon_, opening_bracket(), edit);
}

// Tag and anchor may stand before it.
std::size_t ListEditor::opening_bracket() const { return text_.find('[', reading_.list.value.start); }

std::vector<Span> ListEditor::elements() const {
  std::vector<Span> elements;
  for (const std::uint32_t task : reading_.order) elements.push_back({reading_.places[task].start, reading_.places[task].end});
  return elements;
}

FlowLayout ListEditor::layout() const {
  FlowLayout usual;
  usual.lines = style_.braces.lines;
  usual.indent = std::string(style_.braces.flow_step, ' ');
  usual.gap = style_.braces.comma.substr(1);
  return layout_of(text_, opening_bracket(), elements(), usual);
}

// `tasks: []` becomes a block list.
void ListEditor::fill_empty(const std::vector<Piece>& pieces) {
  const Span& value = reading_.list.value;
  std::size_t start = value.start;
  const bool bare = start < value.end && text_[start] != '&' && text_[start] != '!';
  const std::size_t open = text_.substr(0, value.end).rfind('[');
  if (!bare && open != npos && open > start) start = open;  // a tag or an anchor stays
  if (bare || start == open) {
    while (is_blank(text_[start - 1])) --start;
    surgeon_.changes().remove(start, value.end);
  }
  std::string lines;
  for (const Piece& piece : pieces) lines += (lines.empty() ? "" : "\n") + piece.lines;
  surgeon_.insert_lines(next_line(text_, value.end), lines);
}

// A text of comments alone is completed at its end.
void ListEditor::append_list(const std::vector<Piece>& pieces) {
  std::string lines = "tasks:";
  for (const Piece& piece : pieces) lines += "\n" + piece.lines;
  std::size_t at = text_.size();
  // An explicit end of the document stays behind what belongs to it.
  for (std::size_t line = bom_length(text_); line < text_.size(); line = next_line(text_, line))
    if (text_.substr(line).starts_with("...")) {
      at = line;
      break;
    }
  surgeon_.insert_lines(at, lines);
}

void ListEditor::write_empty_list() {
  const ListPlace& list = reading_.list;
  std::size_t at = text_.find(':', list.key.end) + 1;
  // Behind a tag or anchor that stands before the first dash.
  const std::size_t first_dash = dash_of(text_, reading_.places[reading_.order.front()].start);
  for (std::size_t word = skip_blanks(text_, at); word < first_dash && (text_[word] == '&' || text_[word] == '!');
       word = skip_blanks(text_, at)) {
    at = word;
    while (at < text_.size() && !is_blank(text_[at]) && break_length(text_, at) == 0) ++at;
  }
  surgeon_.changes().insert(at, " []");
}

ListEditor::Piece ListEditor::piece_for(const Edit& edit, bool flow, std::size_t column, Task& meant) const {
  Piece piece;
  meant = edit.task;
  if (strategy_ == Strategy::precise && edit.text) {
    if (std::optional<std::string> former = former_text(edit, flow, column)) {
      piece.lines = std::move(*former);
      return piece;
    }
  }
  const bool braces = flow || style_.flow;
  WrittenTask written = braces ? write_flow_task(edit.task, style_, column + (flow ? 0 : 2)) : write_block_task(edit.task, style_, column);
  for (const FieldSpec& field : kSchema)
    if (!field.synced && !written.written.contains(field.field)) meant[field.field] = Value{};
  piece.lines = flow ? std::move(written.text) : std::string(column, ' ') + (braces ? "- " : "") + written.text;
  return piece;
}

// The task's own former lines, indented as its neighbours are; nullopt if they do not fit the list.
std::optional<std::string> ListEditor::former_text(const Edit& edit, bool flow, std::size_t column) const {
  const std::string text = without_known_anchors(*edit.text);
  const std::vector<std::string_view> lines = split_lines(text);
  const auto item = std::find_if(lines.begin(), lines.end(), is_item_line);
  const std::size_t first = skip_to_content(text, 0);
  const bool is_flow = first < text.size() && text[first] == '{';
  if (is_flow) {
    std::string element(text.substr(first));
    while (!element.empty() && (is_blank(element.back()) || element.back() == '\n' || element.back() == '\r'))
      element.pop_back();
    return flow ? element : std::string(column, ' ') + "- " + element;
  }
  if (flow || item == lines.end()) return std::nullopt;
  const std::size_t old_column = skip_blanks(*item, 0);
  std::string result;
  for (const std::string_view line : lines) {
    if (!result.empty()) result += '\n';
    const std::size_t indent = skip_blanks(line, 0);
    if (indent == line.size()) continue;
    if (column >= old_column)
      result.append(column - old_column, ' ').append(line);
    else
      result += line.substr(std::min(indent, old_column - column));
  }
  return result;
}

// Anchors that have meanwhile moved to another task must not be defined twice.
std::string ListEditor::without_known_anchors(const std::string& text) const {
  std::string result = text;
  if (text.find('&') == npos) return result;
  for (const AnchorPlace& anchor : reading_.anchors) {
    const std::string word = "&" + anchor.name;
    for (std::size_t at = result.find(word); at != npos; at = result.find(word, at + 1)) {
      const bool begins = at > 0 && (is_blank(result[at - 1]) || result[at - 1] == '[' || result[at - 1] == ',');
      const std::size_t end = at + word.size();
      if (begins && (end == result.size() || is_blank(result[end]) || break_length(result, end) > 0))
        result.erase(at, skip_blanks(result, end) - at);
    }
  }
  return result;
}

// The position before which an id belongs, if the list is in the order of the ids; else the end.
std::size_t ListEditor::position_for(std::int64_t id, const std::vector<bool>& removed) const {
  if (!in_order_of_ids_) return removed.size();
  const auto above = std::upper_bound(reading_.tasks.begin(), reading_.tasks.end(), id,
                                      [](std::int64_t wanted, const Task& task) { return wanted < task.id; });
  auto position = static_cast<std::size_t>(above - reading_.tasks.begin());
  while (position < removed.size() && removed[position]) ++position;
  return position;
}

std::size_t ListEditor::column_for_items() const {
  if (!reading_.order.empty() && reading_.list.form == ListPlace::Form::block)
    return lines_of(text_, reading_, reading_.order.size() - 1).column;
  if (reading_.list.form == ListPlace::Form::missing) return 2;
  const std::size_t key = reading_.list.key.start;
  return column_of(text_, key) - (line_start(text_, key) == 0 ? bom_length(text_) : 0) + 2;
}

// Blank lines between the last two tasks.
std::size_t ListEditor::separating_lines() const {
  const std::size_t count = reading_.order.size();
  if (count < 2) return 0;
  const TaskLines last = lines_of(text_, reading_, count - 1);
  const std::size_t limit = lines_of(text_, reading_, count - 2).end;
  std::size_t lines = 0;
  for (std::size_t at = blank_lines_above(text_, last.start, limit); at < last.start; at = next_line(text_, at))
    ++lines;
  return lines;
}

}  // namespace lockstep::yaml
