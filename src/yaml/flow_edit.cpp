#include "yaml/flow_edit.hpp"

#include <algorithm>

#include "yaml/comments.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

bool has_comment(std::string_view text, std::size_t start, std::size_t end) {
  return start < end && text.substr(start, end - start).find('#') != std::string_view::npos;
}

bool says_nothing(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::size_t comma_behind(std::string_view text, const Span& element) {
  const std::size_t at = skip_to_content(text, element.end);
  return at < text.size() && text[at] == ',' ? at : kNowhere;
}

std::size_t closing_bracket(std::string_view text, std::size_t open, const std::vector<Span>& elements) {
  if (elements.empty()) return skip_to_content(text, open + 1);
  const std::size_t comma = comma_behind(text, elements.back());
  return skip_to_content(text, comma == kNowhere ? elements.back().end : comma + 1);
}

class FlowEditor {
 public:
  FlowEditor(Surgeon& surgeon, std::size_t open, const FlowEdit& edit)
      : surgeon_(surgeon),
        text_(surgeon.text()),
        open_(open),
        close_(closing_bracket(text_, open, edit.elements)),
        edit_(edit),
        count_(edit.elements.size()) {
    for (std::size_t i = 0; i < count_; ++i) {
      commas_.push_back(comma_behind(text_, edit.elements[i]));
      if (!edit.removed[i]) kept_end_ = i + 1;
    }
  }

  void apply() {
    std::vector<std::string> at_end;
    for (const FlowEdit::Addition& addition : edit_.added) {
      if (addition.before < kept_end_)
        insert_before(addition.before, addition.text);
      else
        at_end.push_back(addition.text);
    }
    const bool trailing_comma = count_ > 0 && commas_.back() != kNowhere;
    for (std::size_t i = 0; i < count_; ++i)
      if (edit_.removed[i]) cut(i);
    if (kept_end_ > 0 && kept_end_ < count_ && at_end.empty() && !trailing_comma)
      cuts_.push_back({commas_[kept_end_ - 1], commas_[kept_end_ - 1] + 1});
    if (kept_end_ == 0 && count_ + at_end.size() > 0 && nothing_is_left()) return fill(at_end, trailing_comma);
    for (const Span& span : cuts_) surgeon_.changes().remove(span.start, span.end);
    if (at_end.empty()) return;
    const std::string joined = join(at_end, edit_.layout.lines) + (trailing_comma ? "," : "");
    if (kept_end_ > 0)
      append(joined);
    else
      insert_among_comments(joined);
  }

 private:
  const Span& element(std::size_t i) const { return edit_.elements[i]; }

  // Behind the element and its comma, if that stands in the same line.
  std::size_t tail(std::size_t i) const {
    const std::size_t comma = commas_[i];
    return comma != kNowhere && comma < line_end(text_, element(i).end) ? comma + 1 : element(i).end;
  }
  bool ends_line(std::size_t at) const {
    at = skip_blanks(text_, at);
    return break_length(text_, at) > 0 || text_.substr(at, 1) == "#";
  }
  bool has_own_lines(std::size_t i) const {
    return begins_line(text_, element(i).start) && (commas_[i] == kNowhere || tail(i) == commas_[i] + 1) && ends_line(tail(i));
  }

  // With the comments above that are its own.
  std::size_t first_line(std::size_t i) const {
    const std::size_t line = line_start(text_, element(i).start);
    const std::size_t limit = next_line(text_, i == 0 ? open_ : tail(i - 1));
    const std::size_t start = comments_above(text_, line, std::min(limit, line));
    return edit_.tasks ? commented_tasks(text_, start, line).end : start;
  }

  void cut(std::size_t i) {
    if (has_own_lines(i)) return cuts_.push_back({first_line(i), next_line(text_, tail(i))});
    std::size_t start = element(i).start;
    std::size_t end = commas_[i] == kNowhere ? element(i).end : commas_[i] + 1;
    const std::size_t line = line_start(text_, start);
    if (begins_line(text_, start) && first_line(i) < line) cuts_.push_back({first_line(i), line});
    const bool first_in_line = i == 0 || edit_.removed[i - 1] || element(i - 1).start < line;
    if (first_in_line && ends_line(end)) {
      // What stands behind it in its line goes too, but for the line break.
      end = line_end(text_, end);
      if (i == 0) while (is_blank(text_[start - 1]) && start > open_ + 1) --start;
    } else if (i < kept_end_) {
      if (!has_comment(text_, element(i).end, element(i + 1).start)) end = element(i + 1).start;
    } else if (i > 0) {
      const std::size_t before = commas_[i - 1] + 1;
      if (!has_comment(text_, before, start)) start = before;
    }
    cuts_.push_back({start, end});
  }

  // Between the brackets, behind the cuts.
  bool nothing_is_left() const {
    std::vector<Span> cuts = cuts_;
    std::sort(cuts.begin(), cuts.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
    std::size_t at = open_ + 1;
    for (const Span& span : cuts) {
      if (span.start > at && !says_nothing(text_.substr(at, span.start - at))) return false;
      at = std::max(at, span.end);
    }
    return at >= close_ || says_nothing(text_.substr(at, close_ - at));
  }

  std::string join(const std::vector<std::string>& texts, bool lines) const {
    std::string joined;
    for (const std::string& text : texts)
      joined += (joined.empty() ? "" : lines ? ",\n" + edit_.layout.indent : "," + edit_.layout.gap) + text;
    return joined;
  }

  void insert(std::size_t at, const std::string& text) { surgeon_.changes().insert(at, surgeon_.with_line_breaks(text)); }

  // Everything between the brackets.
  void fill(const std::vector<std::string>& texts, bool trailing_comma) {
    std::string inside = join(texts, edit_.layout.lines);
    if (!texts.empty() && trailing_comma) inside += ",";
    if (!texts.empty() && edit_.layout.lines)
      inside = "\n" + edit_.layout.indent + inside + "\n" + edit_.layout.closing;
    surgeon_.changes().replace(open_ + 1, close_, surgeon_.with_line_breaks(inside));
  }

  void insert_before(std::size_t i, const std::string& text) {
    if (edit_.layout.lines && begins_line(text_, element(i).start))
      insert(first_line(i), edit_.layout.indent + text + ",\n");
    else
      insert(element(i).start, text + "," + edit_.layout.gap);
  }

  // Behind the last element that is kept.
  void append(const std::string& joined) {
    const std::size_t last = kept_end_ - 1;
    const bool has_comma = commas_[last] != kNowhere;
    if (!has_comma) surgeon_.changes().insert(element(last).end, ",");
    if (edit_.layout.lines && has_own_lines(last))
      return insert(next_line(text_, tail(last)), edit_.layout.indent + joined + "\n");
    insert(has_comma ? commas_[last] + 1 : element(last).end,
           (edit_.layout.lines ? "\n" + edit_.layout.indent : edit_.layout.gap) + joined);
  }

  // Nothing but comments is there: above the line of the bracket that closes, if that has one.
  void insert_among_comments(const std::string& joined) {
    if (!begins_line(text_, close_)) return insert(open_ + 1, joined);
    const std::string indent = edit_.layout.lines ? edit_.layout.indent : indentation_of(text_, close_) + "  ";
    insert(line_start(text_, close_), indent + joined + "\n");
  }

  Surgeon& surgeon_;
  std::string_view text_;
  std::size_t open_, close_;
  const FlowEdit& edit_;
  std::size_t count_;
  std::vector<std::size_t> commas_;
  std::size_t kept_end_ = 0;  // behind the last element that is kept; 0 = none is
  std::vector<Span> cuts_;
};

}  // namespace

FlowLayout layout_of(std::string_view text, std::size_t open, const std::vector<Span>& elements, const FlowLayout& otherwise) {
  FlowLayout layout = otherwise;
  const std::size_t close = closing_bracket(text, open, elements);
  layout.closing = indentation_of(text, begins_line(text, close) ? close : open);
  if (elements.empty()) {
    layout.indent = indentation_of(text, open) + otherwise.indent;
    return layout;
  }
  const std::size_t last = elements.back().start;
  layout.lines = begins_line(text, last);
  layout.indent = indentation_of(text, last);
  for (std::size_t i = 1; i < elements.size(); ++i) {
    const std::size_t comma = comma_behind(text, elements[i - 1]);
    if (comma == kNowhere || skip_blanks(text, comma + 1) != elements[i].start) continue;
    layout.gap = text.substr(comma + 1, elements[i].start - comma - 1);
    break;
  }
  return layout;
}

void edit_flow(Surgeon& surgeon, std::size_t open, const FlowEdit& edit) { FlowEditor(surgeon, open, edit).apply(); }

}  // namespace lockstep::yaml
