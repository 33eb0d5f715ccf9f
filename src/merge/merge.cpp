#include "merge/merge.hpp"

#include <algorithm>
#include <map>

#include "merge/task_merge.hpp"
#include "yaml/reading.hpp"

namespace lockstep::merge {
namespace {

struct Version {
  std::unique_ptr<Document> document;
  yaml::Reading reading;
};

std::optional<Version> read_version(std::string_view text, const ReadOptions& options) {
  ReadResult read = Document::read_or_empty(std::string(text), options);
  if (!read.document) return std::nullopt;
  Version version{std::move(read.document), {}};
  yaml::FaultList faults(version.document->text(), 1);
  version.reading = yaml::read_schedule(version.document->text(), options, true, faults);
  return version;
}

struct Values {
  std::map<std::int64_t, std::optional<Task>> meant;
  std::vector<Clash> clashes;
};

Values merge_values(const Document& base, const Document& ours, const Document& theirs, Prefer prefer) {
  Values result;
  for (const Document* document : {&base, &ours, &theirs})
    for (const Task& task : document->tasks()) result.meant.try_emplace(task.id);
  const auto copy = [](const Task* task) { return task ? std::optional(*task) : std::nullopt; };
  for (auto& [id, meant] : result.meant) {
    const Task *b = base.find(id), *o = ours.find(id), *t = theirs.find(id);
    MergedTask merged = merge_task(b, o, t, prefer);
    meant = std::move(merged.task);
    if (!merged.clash) continue;
    const Prefer other = prefer == Prefer::ours ? Prefer::theirs : Prefer::ours;
    result.clashes.push_back({id, merged.fields, copy(b), copy(o), copy(t), merge_task(b, o, t, other).task});
  }
  return result;
}

// Kept by programs, for people: that two differ in it is nobody's disagreement.
bool is_bookkeeping(std::string_view key) {
  const auto name = key.substr(key.rfind('\x1f') + 1);
  return name == "created_at" || name == "updated_at" || name == "last_sync" || name == "sync_source";
}

class TextMerge {
 public:
  TextMerge(Prefer prefer, bool ascii, const std::vector<Clash>& clashes) : prefer_(prefer), ascii_(ascii), clashes_(clashes) {}

  std::string run(const std::vector<Unit>& base, const std::vector<Unit>& ours, const std::vector<Unit>& theirs) {
    MergedSequence merged = merge_sequences(base, ours, theirs, prefer_, [this](const Apart& piece) { return whole(piece); });
    complete_ = complete_ && merged.apart == 0;
    return std::move(merged.text);
  }
  bool complete() const { return complete_; }

 private:
  const Unit* preferred(const Apart& piece) const { return prefer_ == Prefer::ours ? piece.ours : piece.theirs; }

  std::optional<std::string> member(const Apart& piece) const {
    if (!is_bookkeeping(piece.ours->key)) return std::nullopt;
    return std::string(preferred(piece)->bytes);
  }

  std::optional<std::string> whole(const Apart& piece) {
    if (!piece.ours->record || !piece.theirs->record) return member(piece);
    const auto of = [&](const Unit* unit) { return unit ? units_of_record(unit->bytes, ascii_) : std::vector<Unit>(); };
    const auto base = of(piece.base), ours = of(piece.ours), theirs = of(piece.theirs);
    // The values tell what of a record is apart; its comments they do not know.
    if (!base || !ours || !theirs) {
      complete_ = false;
      return std::string(preferred(piece)->bytes);
    }
    MergedSequence merged = merge_sequences(*base, *ours, *theirs, prefer_, [this](const Apart& inner) { return member(inner); });
    const bool clashes = std::ranges::any_of(clashes_, [&](const Clash& clash) { return piece.ours->key == "#" + std::to_string(clash.id); });
    complete_ = complete_ && (merged.apart == 0 || clashes);
    return std::move(merged.text);
  }

  Prefer prefer_;
  bool ascii_;
  const std::vector<Clash>& clashes_;
  bool complete_ = true;
};

std::vector<Edit> edits_to(const Document& document, const std::map<std::int64_t, std::optional<Task>>& meant, const Document& theirs) {
  std::vector<Edit> edits;
  for (const auto& [id, task] : meant) {
    const Task* now = document.find(id);
    Edit edit;
    if (!task && !now) continue;
    if (!task) {
      edit.kind = Edit::Kind::remove;
      edit.task = *now;
    } else if (!now) {
      edit.kind = Edit::Kind::insert;
      edit.task = *task;
      if (const Task* same = theirs.find(id); same && differing(*same, *task).empty()) edit.text = theirs.task_text(id);
    } else {
      edit.kind = Edit::Kind::update;
      edit.fields = differing(*now, *task);
      if (edit.fields.empty()) continue;
      edit.task = *task;
    }
    edits.push_back(std::move(edit));
  }
  return edits;
}

// The text with every task as it is meant; nullopt: this text cannot be brought there.
std::optional<std::string> put_right(std::string text, const Values& values, const Document& theirs, const ReadOptions& options) {
  ReadResult read = Document::read_or_empty(std::move(text), options);
  if (!read.document) return std::nullopt;
  const std::vector<Edit> edits = edits_to(*read.document, values.meant, theirs);
  if (edits.empty()) return read.document->text();
  EditResult edited = read.document->edit(edits);
  if (!edited.problem.empty()) return std::nullopt;
  return std::string(edited.text);
}

MergeResult merge_lines(std::string_view base, std::string_view ours, std::string_view theirs, Prefer prefer) {
  MergeResult result;
  result.is_schedule = false;
  result.text = merge_sequences(units_of_lines(base), units_of_lines(ours), units_of_lines(theirs), prefer, nullptr).text;
  return result;
}

}  // namespace

MergeResult merge_schedules(std::string_view base, std::string_view ours, std::string_view theirs, Prefer prefer,
                            const ReadOptions& options) {
  const auto b = read_version(base, options), o = read_version(ours, options), t = read_version(theirs, options);
  if (!b || !o || !t) return merge_lines(base, ours, theirs, prefer);
  Values values = merge_values(*b->document, *o->document, *t->document, prefer);
  MergeResult result;
  result.clashes = std::move(values.clashes);
  const auto base_units = units_of_document(b->document->text(), b->reading);
  const auto our_units = units_of_document(o->document->text(), o->reading);
  const auto their_units = units_of_document(t->document->text(), t->reading);
  if (base_units && our_units && their_units) {
    TextMerge merge(prefer, b->reading.ascii && o->reading.ascii && t->reading.ascii, result.clashes);
    std::string merged = merge.run(*base_units, *our_units, *their_units);
    if (auto text = put_right(std::move(merged), values, *t->document, options)) {
      result.text = std::move(*text);
      result.complete = merge.complete();
      return result;
    }
  }
  result.complete = false;
  auto text = put_right(std::string(ours), values, *t->document, options);
  result.text = text ? std::move(*text) : std::string(ours);
  return result;
}

}  // namespace lockstep::merge
