// Changes fields of one task in its place.
#pragma once

#include <functional>
#include <string>

#include "yaml/document.hpp"
#include "yaml/editor.hpp"
#include "yaml/surgery.hpp"
#include "yaml/task_style.hpp"

namespace lockstep::yaml {

class TaskEditor {
 public:
  // `style` is asked for only if something has to be added.
  TaskEditor(Surgeon& surgeon, const Reading& reading, Strategy strategy, std::function<const TaskStyle&()> style)
      : surgeon_(surgeon), text_(surgeon.text()), reading_(reading), strategy_(strategy), style_(std::move(style)) {}

  // The task at `index` of reading.tasks becomes what the edit says. Returns what it must
  // read as afterwards; nullopt if its text cannot be edited.
  std::optional<Task> update(std::size_t index, const Edit& edit);

 private:
  void update_field(const Node& task, Field field, const Task& before, Task& after);
  void set_field(const Node& task, std::size_t entry, Field field, const Task& before, const Task& after);
  void set_null(const Node& task, std::size_t entry, bool inherits);
  void add_field(const Node& task, Field field, const Task& after);
  void rewrite_alias(const TaskPlace& place, const Task& after);

  Surgeon& surgeon_;
  std::string_view text_;
  const Reading& reading_;
  Strategy strategy_;
  std::function<const TaskStyle&()> style_;
};

}  // namespace lockstep::yaml
