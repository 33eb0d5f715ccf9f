// Takes tasks out of the list and puts new ones in.
#pragma once

#include <string>
#include <vector>

#include "yaml/document.hpp"
#include "yaml/editor.hpp"
#include "yaml/flow_edit.hpp"
#include "yaml/surgery.hpp"
#include "yaml/task_style.hpp"

namespace lockstep::yaml {

class ListEditor {
 public:
  ListEditor(Surgeon& surgeon, const Reading& reading, Strategy strategy, const TaskStyle& style)
      : surgeon_(surgeon), text_(surgeon.text()), reading_(reading), strategy_(strategy), style_(style) {}

  // `removed`: by position in the order of the text. The inserted tasks follow the last one; those with
  // a former text stand where their id belongs if the list is in the order of the ids.
  // What each inserted task must read as is appended to `meant`.
  void change(const std::vector<bool>& removed, const std::vector<const Edit*>& inserted, std::vector<Task>& meant);

 private:
  struct Piece {
    std::string lines;       // of a block list, joined by `\n`; or the element of a flow list
    std::size_t before = 0;  // position that it goes before; their number = at the end
  };

  void remove_lines(const std::vector<bool>& removed, bool replaces_last);
  void remove_group(std::size_t first, std::size_t last, bool to_the_end);
  void insert_lines(const std::vector<Piece>& pieces, const std::vector<bool>& removed);
  std::optional<Node> task_at(std::size_t position) const;
  bool takes_blank_lines(std::size_t position) const;
  void change_flow(const std::vector<bool>& removed, const std::vector<Piece>& pieces);
  std::size_t opening_bracket() const;
  std::vector<Span> elements() const;
  FlowLayout layout() const;
  void fill_empty(const std::vector<Piece>& pieces);
  void append_list(const std::vector<Piece>& pieces);
  void write_empty_list();

  Piece piece_for(const Edit& edit, bool flow, std::size_t column, Task& meant) const;
  std::optional<std::string> former_text(const Edit& edit, bool flow, std::size_t column) const;
  std::string without_known_anchors(const std::string& text) const;
  std::size_t position_for(std::int64_t id, const std::vector<bool>& removed) const;
  std::size_t column_for_items() const;
  std::size_t separating_lines() const;

  Surgeon& surgeon_;
  std::string_view text_;
  const Reading& reading_;
  Strategy strategy_;
  const TaskStyle& style_;
  bool in_order_of_ids_ = false;
};

}  // namespace lockstep::yaml
