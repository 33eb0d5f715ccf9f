#include "yaml/node.hpp"

#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, EventStream& stream, std::size_t padding, std::size_t start)
      : text_(text), stream_(stream), padding_(padding), start_(start) {}

  // The node that the current event begins; false if the piece does not parse.
  bool build(Node& node) {
    const Event& event = stream_.current();
    node.start = place(event.start);
    node.end = place(event.end);
    node.flow = event.flow;
    node.style = event.style;
    node.tag = event.tag;
    switch (event.kind) {
      case EventKind::scalar:
        node.kind = Node::Kind::scalar;
        node.value = event.value;
        break;
      case EventKind::alias:
        node.kind = Node::Kind::alias;
        node.value = event.name;
        node.content = node.start;
        return true;
      case EventKind::mapping_start:
        node.kind = Node::Kind::mapping;
        break;
      case EventKind::sequence_start:
        node.kind = Node::Kind::sequence;
        break;
      default:
        return false;
    }
    node.anchor = event.name;
    const std::size_t properties =
        (node.anchor.empty() ? 0U : 1U) + (node.tag.empty() && !event.non_specific_tag ? 0U : 1U);
    if (!node.is(Node::Kind::scalar) && !build_items(node)) return false;
    node.content = skip_properties(node.start, node.end, properties);
    return true;
  }

 private:
  bool build_items(Node& node) {
    const EventKind last = node.is(Node::Kind::mapping) ? EventKind::mapping_end : EventKind::sequence_end;
    while (stream_.next().kind != last)
      if (!build(node.items.emplace_back())) return false;
    node.end = place(stream_.current().end);
    return true;
  }

  std::size_t place(std::size_t at) const { return at < padding_ ? start_ : at - padding_ + start_; }

  std::size_t skip_properties(std::size_t at, std::size_t end, std::size_t count) const {
    for (; count > 0; --count) {
      while (at < end && !is_blank(text_[at]) && break_length(text_, at) == 0) ++at;
      const std::size_t next = skip_to_content(text_, at);
      if (next >= end) return end;
      at = next;
    }
    return at;
  }

  std::string_view text_;
  EventStream& stream_;
  std::size_t padding_;
  std::size_t start_;
};

}  // namespace

bool Node::is_merge() const { return is(Kind::scalar) && style == ScalarStyle::plain && tag.empty() && value == "<<"; }

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].is(Kind::scalar) && items[i].value == key) return &items[i + 1];
  return nullptr;
}

std::optional<Node> parse_node(std::string_view text, std::size_t start, std::size_t end, bool ascii) {
  // Spaces in the place of what stands before it keep the columns, and so the indentation.
  const std::size_t padding = start - line_start(text, start);
  std::string piece(padding, ' ');
  piece += text.substr(start, end - start);
  constexpr std::size_t kDeepEnough = 200;  // the text has been read: nothing in it nests deeper
  EventStream stream(piece, ascii, kDeepEnough, EventStream::Aliases::keep, nullptr);
  if (stream.next().kind != EventKind::document_start) return std::nullopt;
  stream.next();
  Node node;
  if (!TreeBuilder(text, stream, padding, start).build(node)) return std::nullopt;
  if (stream.next().kind != EventKind::document_end || stream.next().kind != EventKind::end || stream.failed())
    return std::nullopt;
  return node;
}

}  // namespace lockstep::yaml
