#include "yaml/editor.hpp"

#include <set>

#include "yaml/anchor_moves.hpp"
#include "yaml/list_edit.hpp"
#include "yaml/task_edit.hpp"

namespace lockstep::yaml {
namespace {

void set_metadata(std::string_view text, const Reading& reading, const MetadataEdit& metadata, Surgeon& surgeon) {
  const auto node_at = [&](const Span& span) {
    std::optional<Node> node = parse_node(text, span.start, span.end, reading.ascii);
    if (!node || span.start == span.end) {
      node.emplace();
      node->start = node->content = span.start;
      node->end = span.end;
    }
    return *node;
  };
  Node key;  // a colon stands before the value: it has been read as one
  if (reading.metadata.last_sync) {
    key.end = text.rfind(':', reading.metadata.last_sync->start);
    surgeon.set_instant(key, node_at(*reading.metadata.last_sync), metadata.last_sync, "");
  }
  if (reading.metadata.sync_source) {
    key.end = text.rfind(':', reading.metadata.sync_source->start);
    surgeon.set_text(key, node_at(*reading.metadata.sync_source), metadata.sync_source, reading.metadata.flow);
  }
}

class Editor {
 public:
  Editor(std::string_view text, const Reading& reading, Strategy strategy)
      : text_(text), reading_(reading), strategy_(strategy), surgeon_(text, changes_) {}

  Edited apply(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata) {
    std::vector<bool> removed(reading_.tasks.size(), false);
    std::vector<const Edit*> inserted;
    TaskEditor task_editor(surgeon_, reading_, strategy_, [this]() -> const TaskStyle& { return style(); });
    bool list_changes = false;
    std::set<std::int64_t> seen, freed;  // freed: by a task that gets another id, for one that is inserted
    for (const Edit& edit : edits)
      if (edit.new_id) freed.insert(edit.task->id);
    for (const Edit& edit : edits) {
      if (!seen.insert(edit.new_id.value_or(edit.task->id)).second)
        return fail("task " + std::to_string(edit.task->id) + " is edited twice at once");
      const std::size_t index = reading_.index_of(edit.task->id);
      if (edit.kind == Edit::Kind::insert) {
        if (index != Reading::npos && !freed.contains(edit.task->id))
          return fail("task " + std::to_string(edit.task->id) + " is in the file already");
        inserted.push_back(&edit);
        list_changes = true;
        continue;
      }
      if (index == Reading::npos) return fail("task " + std::to_string(edit.task->id) + " is not in the file");
      if (edit.kind == Edit::Kind::remove) {
        removed[index] = true;
        result_.meant[edit.task->id] = std::nullopt;
        list_changes = true;
        continue;
      }
      std::optional<Task> after = task_editor.update(index, edit);
      if (!after) return fail("task " + std::to_string(edit.task->id) + " is written in a way that cannot be edited");
      const std::int64_t id = after->id;
      if (id != edit.task->id) result_.meant.try_emplace(edit.task->id, std::nullopt);
      result_.meant[id] = std::move(after);
    }
    if (list_changes) change_list(removed, inserted);
    if (metadata) set_metadata(text_, reading_, *metadata, surgeon_);
    move_anchors(text_, reading_, surgeon_);
    result_.text = changes_.apply(text_);
    return std::move(result_);
  }

 private:
  void change_list(const std::vector<bool>& removed_by_id, const std::vector<const Edit*>& inserted) {
    std::vector<bool> removed(removed_by_id.size());
    for (std::size_t i = 0; i < removed.size(); ++i) removed[i] = removed_by_id[reading_.order[i]];
    std::vector<Task> meant;
    static const TaskStyle kNone;
    ListEditor(surgeon_, reading_, strategy_, inserted.empty() ? kNone : style()).change(removed, inserted, meant);
    for (Task& task : meant) result_.meant[task.id] = std::move(task);
  }

  Edited fail(std::string problem) {
    Edited failed;
    failed.problem = std::move(problem);
    return failed;
  }

  const TaskStyle& style() {
    if (!style_) style_ = style_of_tasks(text_, reading_, surgeon_.json());
    return *style_;
  }

  std::string_view text_;
  const Reading& reading_;
  Strategy strategy_;
  Replacements changes_;
  Surgeon surgeon_;
  std::optional<TaskStyle> style_;
  Edited result_;
};

}  // namespace

Edited apply_edits(std::string_view text, const Reading& reading, std::span<const Edit> edits,
                   const std::optional<MetadataEdit>& metadata, Strategy strategy) {
  return Editor(text, reading, strategy).apply(edits, metadata);
}

}  // namespace lockstep::yaml
