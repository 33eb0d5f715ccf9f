#include "yaml/anchor_moves.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "yaml/scalar.hpp"
#include "yaml/scalar_text.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

class AnchorMover {
 public:
  AnchorMover(std::string_view text, const Reading& reading, Surgeon& surgeon)
      : text_(text), reading_(reading), surgeon_(surgeon) {
    for (const Touch& touch : surgeon.touches())
      if (touch.replaced) gone_.push_back({touch.start, touch.end});
    std::sort(gone_.begin(), gone_.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
    find_first_uses();
    find_affected();
  }

  void move() {
    for (const std::size_t anchor : affected_) {
      if (!first_use_[anchor]) continue;
      const AnchorPlace& place = reading_.anchors[anchor];
      if (!moved_.contains(anchor)) {
        const std::optional<Node> node = parse_node(text_, place.start, place.end, reading_.ascii);
        if (!node) continue;
        const Span use = *first_use_[anchor];
        moved_.emplace(anchor, use.start);
        surgeon_.changes().replace(use.start, use.end, "&" + place.name + " " + flow_text(*node, use.start, true));
      }
      remove_name(place);
    }
  }

 private:
  bool is_gone(std::size_t start, std::size_t end) const {
    auto after =
        std::upper_bound(gone_.begin(), gone_.end(), start, [](std::size_t at, const Span& s) { return at < s.start; });
    // Spans nest, so that one further back can be the one that covers.
    while (after != gone_.begin()) {
      --after;
      if (after->start <= start && end <= after->end && after->end > after->start) return true;
      if (start - after->start > longest_) break;
    }
    return false;
  }

  // The first alias of each anchor that is still there after the edit.
  void find_first_uses() {
    for (const Span& s : gone_) longest_ = std::max(longest_, s.end - s.start);
    first_use_.resize(reading_.anchors.size());
    for (const AliasPlace& alias : reading_.aliases)
      if (!first_use_[alias.anchor] && !is_gone(alias.start, alias.end))
        first_use_[alias.anchor] = Span{alias.start, alias.end};
  }

  void find_affected() {
    std::vector<Span> touched;
    for (const Touch& touch : surgeon_.touches()) touched.push_back({touch.start, touch.end});
    std::sort(touched.begin(), touched.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
    for (std::size_t i = 0; i < reading_.anchors.size(); ++i) {
      const AnchorPlace& place = reading_.anchors[i];
      auto touch = std::lower_bound(touched.begin(), touched.end(), place.start,
                                    [](const Span& s, std::size_t at) { return s.start < at; });
      // Nodes nest: what starts in the anchored one and ends behind it starts where it does.
      while (touch != touched.end() && touch->start == place.start && touch->end > place.end) ++touch;
      const bool inside = touch != touched.end() && touch->start <= place.end && touch->end <= place.end;
      if (inside || is_gone(place.start, place.end)) affected_.push_back(i);
    }
  }

  // Leaves the value where it is, without its anchor.
  void remove_name(const AnchorPlace& place) {
    if (is_gone(place.start, place.end) && !is_exactly_gone(place)) return;
    const std::size_t at = text_.find("&" + place.name, place.start);
    if (at == std::string_view::npos) return;
    std::size_t start = at;
    std::size_t end = at + 1 + place.name.size();
    if (const std::size_t next = skip_blanks(text_, end);
        next > end && next < text_.size() && break_length(text_, next) == 0) {
      end = next;
    } else {
      while (start > 0 && is_blank(text_[start - 1])) --start;
    }
    surgeon_.changes().remove(start, end);
  }

  // A value that is written anew keeps its anchor: then it has to go.
  bool is_exactly_gone(const AnchorPlace& place) const {
    return std::any_of(gone_.begin(), gone_.end(), [&](const Span& s) { return s.start == place.start; });
  }

  // The node in one line, as it can stand anywhere. Anchors in it are kept where nothing else defines them any more.
  std::string flow_text(const Node& node, std::size_t use, bool outermost) {
    if (node.is(Node::Kind::alias)) return alias_text(node, use);
    std::string out;
    if (!outermost && !node.anchor.empty() && takes_along(node, use)) out += "&" + node.anchor + " ";
    if (!node.tag.empty()) out += written_tag(node) + " ";
    if (node.is(Node::Kind::scalar)) return out += scalar_text(node);
    const bool mapping = node.is(Node::Kind::mapping);
    out += mapping ? '{' : '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const bool value = mapping && i % 2 == 1;
      if (i > 0) out += value ? (node.items[i - 1].is(Node::Kind::alias) ? " : " : ": ") : ", ";
      out += flow_text(node.items[i], use, false);
    }
    return out += mapping ? '}' : ']';
  }

  bool takes_along(const Node& node, std::size_t use) {
    for (const std::size_t i : affected_) {
      if (reading_.anchors[i].start != node.start) continue;
      if (moved_.contains(i) || !first_use_[i] || first_use_[i]->start < use) return false;
      moved_.emplace(i, use);
      return true;
    }
    return false;
  }

  // An alias within a text that moves to `use`. Where what it refers to is no longer defined by
  // then, the value stands in its place, and defines the anchor for those that come later.
  std::string alias_text(const Node& alias, std::size_t use) {
    const auto place = std::lower_bound(reading_.aliases.begin(), reading_.aliases.end(), alias.start,
                                        [](const AliasPlace& a, std::size_t at) { return a.start < at; });
    if (place == reading_.aliases.end() || place->start != alias.start) return "*" + alias.value;
    const std::size_t anchor = place->anchor;
    const AnchorPlace& definition = reading_.anchors[anchor];
    const auto moved = moved_.find(anchor);
    const bool moves_before =
        moved != moved_.end() ? moved->second <= use : first_use_[anchor] && first_use_[anchor]->start < use;
    const bool stays = !is_gone(definition.start, definition.end) && !is_affected(anchor);
    if (stays || moves_before) return "*" + alias.value;
    const std::optional<Node> node = parse_node(text_, definition.start, definition.end, reading_.ascii);
    if (!node) return "*" + alias.value;
    const bool defines = moved == moved_.end() && first_use_[anchor];
    if (defines) moved_.emplace(anchor, use);
    return (defines ? "&" + definition.name + " " : "") + flow_text(*node, use, true);
  }

  bool is_affected(std::size_t anchor) const { return std::binary_search(affected_.begin(), affected_.end(), anchor); }

  std::string written_tag(const Node& node) const {
    const std::size_t at = text_.find('!', node.start);
    std::size_t end = at;
    while (end < node.end && !is_blank(text_[end]) && break_length(text_, end) == 0) ++end;
    return std::string(text_.substr(at, end - at));
  }

  static std::string scalar_text(const Node& node) {
    if (node.style != ScalarStyle::plain)
      return write_text(node.value, node.style == ScalarStyle::single_quoted ? node.style : ScalarStyle::double_quoted,
                        true);
    if (node.value.empty()) return "null";
    const bool text = resolve_v1_1(node.value) == ScalarKind::text && resolve_v1_2(node.value) == ScalarKind::text;
    return text && node.tag.empty() ? write_text(node.value, ScalarStyle::plain, true) : node.value;
  }

  std::string_view text_;
  const Reading& reading_;
  Surgeon& surgeon_;
  std::vector<Span> gone_;
  std::size_t longest_ = 0;
  std::vector<std::optional<Span>> first_use_;  // by anchor
  std::vector<std::size_t> affected_;           // anchors, outer ones first
  std::map<std::size_t, std::size_t> moved_;    // anchors that moved, and where to
};

}  // namespace

void move_anchors(std::string_view text, const Reading& reading, Surgeon& surgeon) {
  if (reading.aliases.empty() || surgeon.touches().empty()) return;
  AnchorMover(text, reading, surgeon).move();
}

}  // namespace lockstep::yaml
