// Who made a change: whoever asked for it; else the owner of the file that was saved, or the database's role that
// committed the row; else whoever ran the sync that carried it.
#include <algorithm>

#include "engine/core.hpp"
#include "engine/host.hpp"

namespace lockstep {
namespace {

bool same(const Task* a, const Task* b) { return a && b ? differing(*a, *b).empty() : a == b; }

// A program's write, a resolution and an undo are their caller's own changes; a sync carries those of others.
bool is_the_actor_s_own(const SyncRequest& request) {
  return request.trigger == Trigger::resolve || request.trigger == Trigger::undo || request.only;
}

}  // namespace

std::string Core::file_author() const {
  const auto stat = files.stat(settings.yaml, true);
  return stat ? user_name(stat->owner) : std::string();
}

void Core::name_authors(Session& session, const Triples& triples, Work& work) {
  const bool has_news = work.plan.yaml != SideCounts{} || work.plan.database != SideCounts{} || !work.opened.empty() ||
                        !work.refreshed.empty();
  const bool needs_sides = has_news && !(is_the_actor_s_own(work.request) && !actor.empty());
  if (needs_sides && !session.content.missing) work.file_author = file_author();
  if (needs_sides && !session.state.cursor.empty()) {
    std::vector<std::int64_t> ids;
    for (const Triple& triple : triples.triples)
      if (!same(triple.base, triple.database)) ids.push_back(triple.id);
    const std::vector<std::string> names = session.transaction->tasks().authors_since(session.state.cursor, ids);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (!names[i].empty()) work.row_authors.emplace(ids[i], names[i]);
  }
  const auto name = [&](Conflict& conflict) {
    const auto at = std::ranges::lower_bound(triples.triples, conflict.task_id, {}, &Triple::id);
    if (at == triples.triples.end() || at->id != conflict.task_id) return;
    if (conflict.yaml_author.empty() && !same(at->base, at->yaml)) conflict.yaml_author = work.file_author;
    const auto row = work.row_authors.find(conflict.task_id);
    if (conflict.database_author.empty() && row != work.row_authors.end()) conflict.database_author = row->second;
  };
  std::ranges::for_each(work.opened, name);
  std::ranges::for_each(work.refreshed, name);
}

std::string Core::author_of(const Work& work, std::int64_t task_id, Side written) const {
  if (is_the_actor_s_own(work.request) && !actor.empty()) return actor;
  if (written == Side::database) return work.file_author.empty() ? actor : work.file_author;
  const auto row = work.row_authors.find(task_id);
  return row == work.row_authors.end() ? actor : row->second;
}

}  // namespace lockstep
