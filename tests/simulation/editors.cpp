// People: they read a file, think, and save, each in a way of their own.
#include <algorithm>

#include "file/file_io.hpp"
#include "simulation/text.hpp"
#include "simulation/values.hpp"
#include "simulation/world.hpp"

namespace lockstep::simulation {
namespace {

using Account = std::vector<std::function<void()>>;

// A text on its way to the disk, and what it means.
struct Draft {
  Buffer buffer;
  std::string text;
  Account account;
  std::string words;
};

// nullopt: nobody builds on what somebody else has written half of.
std::optional<Buffer> read(World& world, Replica& replica, std::string text) {
  const auto view = read_view(without_broken(text));
  if (!view) return std::nullopt;
  Buffer buffer;
  buffer.replica = replica.number;
  buffer.who = "editor " + world.token();
  buffer.text = std::move(text);
  buffer.known = world.ledger.look(*view);
  return buffer;
}

std::optional<Buffer> read(World& world, Replica& replica) { return read(world, replica, world.text(replica)); }

void change_field(World& world, Choices& choices, Draft& draft, std::int64_t id) {
  const Field field = some_field(choices);
  const Value value = some_value(world, choices, field);
  const auto task = draft.buffer.known.view.find(id);
  if (task == draft.buffer.known.view.end() || equal(task->second[field], value) || !set_field(draft.text, id, field, value)) return;
  draft.words += " sets " + describe(Slot{id, field}) + " to " + describe(value) + ";";
  draft.account.push_back([&world, known = draft.buffer.known, who = draft.buffer.who, replica = draft.buffer.replica, id, field, value] {
    world.ledger.set(known, id, field, value, replica, who);
  });
}

void create(World& world, Choices& choices, Draft& draft, std::int64_t id) {
  const Task task = some_task(world, choices, id);
  if (lines_of(draft.text, id) || !append_task(draft.text, task)) return;
  draft.words += " adds task " + std::to_string(id) + ";";
  draft.account.push_back([&world, known = draft.buffer.known, who = draft.buffer.who, replica = draft.buffer.replica, task] {
    world.ledger.create(known, task, replica, who);
  });
}

void remove(World& world, Draft& draft, std::int64_t id) {
  if (!draft.buffer.known.view.contains(id) || !remove_task(draft.text, id)) return;
  draft.words += " removes task " + std::to_string(id) + ";";
  draft.account.push_back([&world, known = draft.buffer.known, who = draft.buffer.who, replica = draft.buffer.replica, id] {
    world.ledger.remove(known, id, replica, who);
  });
}

void annotate(World& world, Choices& choices, Draft& draft, std::optional<std::int64_t> id) {
  const std::string token = world.token();
  switch (id ? choices.below(4) : 3) {
    case 0: if (!add_comment_above(draft.text, *id, token)) return; break;
    case 1: if (!add_line_in(draft.text, *id, "# " + token)) return; break;
    case 2: if (!add_line_in(draft.text, *id, "note_" + token + ": yes please")) return; break;
    default:
      id.reset();
      add_line_on_top(draft.text, choices.one_in(2) ? "# " + token : "key_" + token + ": [1, 2]");
  }
  draft.words += " notes " + token + (id ? " at task " + std::to_string(*id) : " on top") + ";";
  draft.account.push_back([&world, token, replica = draft.buffer.replica, who = draft.buffer.who, id] {
    world.ledger.note(token, replica, who, id);
  });
}

Draft change(World& world, Choices& choices, Buffer buffer) {
  Draft draft{std::move(buffer), {}, {}, {}};
  draft.text = draft.buffer.text;
  const std::size_t changes = 1 + choices.below(3);
  std::set<std::int64_t> touched;
  for (std::size_t i = 0; i < changes; ++i) {
    const std::vector<std::int64_t> ids = ids_in(draft.text);
    const std::size_t kind = choices.below(10);
    if (kind == 0) {
      const std::int64_t id = some_id(choices);
      if (touched.insert(id).second) create(world, choices, draft, id);
      continue;
    }
    if (ids.empty()) {
      annotate(world, choices, draft, std::nullopt);
      continue;
    }
    const std::int64_t id = choices.of(ids);
    if (kind <= 3) annotate(world, choices, draft, id);
    else if (!touched.insert(id).second) continue;
    else if (kind == 4) remove(world, draft, id);
    else change_field(world, choices, draft, id);
  }
  return draft;
}

// `before` is what stood in the file that was written.
void excuse(World& world, const Draft& draft, const std::string& before) {
  const auto was = read_view(without_broken(before));
  const auto is = read_view(without_broken(draft.text));
  if (was && is) world.ledger.overwritten(*was, *is, draft.buffer.who);
  for (Note& note : world.ledger.notes()) {
    if (note.replica != draft.buffer.replica || !note.excuse.empty()) continue;
    if (before.find(note.text) != std::string::npos && draft.text.find(note.text) == std::string::npos)
      note.excuse = "not in what " + draft.buffer.who + " saved";
  }
}

void account(World& world, const Draft& draft, const std::string& before) {
  excuse(world, draft, before);
  // The other half of what somebody else is writing was in nobody's sight.
  for (const OpenFile& open : world.open_files)
    if (open.in_pieces && open.buffer.replica == draft.buffer.replica) excuse(world, draft, open.buffer.text);
  for (const auto& enter : draft.account) enter();
  // What he noted in the lines of a task and then took out with it was never saved.
  std::erase_if(world.ledger.notes(), [&](const Note& note) {
    return note.who == draft.buffer.who && draft.text.find(note.text) == std::string::npos;
  });
}

void save_by_rename(World& world, Replica& replica, const std::string& text) {
  world.people_wrote(text);
  if (const auto old = world.disk.stat_as_editor(replica.path())) world.orphaned.insert(old->inode);
  world.disk.save_by_rename(replica.path(), text);
}

// While it waited to be opened somebody put another in its place: what is written into it is gone by their hands.
bool nameless(World& world, File& file) { return world.orphaned.contains(file.stat()->inode); }

void save(World& world, Choices& choices, const Draft& draft) {
  Replica& replica = world.replica(draft.buffer.replica);
  world.people_wrote(draft.text);
  if (choices.one_in(2)) {
    world.say(draft.buffer.who + " at r" + std::to_string(replica.number) + " saves by renaming:" + draft.words);
    const std::string before = world.text(replica);
    save_by_rename(world, replica, draft.text);
    account(world, draft, before);
    return;
  }
  world.say(draft.buffer.who + " at r" + std::to_string(replica.number) + " saves in place:" + draft.words);
  world.disk.open_as_editor_when_free(replica.path(), [&world, draft](const std::shared_ptr<File>& file) {
    if (nameless(world, *file)) return;
    const std::string before = read_all(*file, "");
    (void)file->resize(0);
    (void)file->write(0, draft.text);
    account(world, draft, before);
  });
}

void append(World& world, Choices& choices, Replica& replica) {
  const std::string who = "appender " + world.token();
  const std::string token = world.token();
  const bool task = choices.one_in(2);
  const Task added = some_task(world, choices, 1000 + static_cast<std::int64_t>(choices.below(100000)));
  world.say(who + " at r" + std::to_string(replica.number) + " appends " + (task ? "task " + std::to_string(added.id) : "# " + token));
  world.disk.open_as_editor_when_free(replica.path(), [&world, who, token, task, added, number = replica.number](const std::shared_ptr<File>& file) {
    if (nameless(world, *file)) return;
    Draft draft;
    draft.buffer.replica = number;
    draft.buffer.who = who;
    const std::string before = read_all(*file, "");
    if (!read_view(without_broken(before))) return;
    draft.text = before;
    if (task && before.find("\ntasks: []") == std::string::npos && before.find(kBroken) == std::string::npos) {
      draft.text += task_text(added);
      draft.account.push_back([&world, who, added, number] { world.ledger.create({}, added, number, who); });
    } else {
      draft.text += "# " + token + "\n";
      draft.account.push_back([&world, who, token, number] { world.ledger.note(token, number, who, std::nullopt); });
    }
    world.people_wrote(draft.text);
    (void)file->write(before.size(), std::string_view(draft.text).substr(before.size()));
    account(world, draft, before);
  });
}

void begin(World& world, Choices& choices, Replica& replica, bool in_pieces) {
  world.disk.open_as_editor_when_free(replica.path(), [&world, &replica, in_pieces, seed = choices.seed()](std::shared_ptr<File> file) {
    Choices then(seed);
    auto buffer = read(world, replica, read_all(*file, ""));
    if (!buffer) return;
    OpenFile open;
    open.file = std::move(file);
    open.in_pieces = in_pieces;
    open.buffer = std::move(*buffer);
    world.say(open.buffer.who + " at r" + std::to_string(replica.number) + " opens the file" +
              (in_pieces ? " and writes half of it" : " and holds it open"));
    if (in_pieces) {
      Draft draft = change(world, then, open.buffer);
      world.say(open.buffer.who + " is going to write:" + draft.words);
      open.planned = draft.text;
      open.account = std::move(draft.account);
      const std::string half = open.planned.substr(0, open.planned.find('\n', open.planned.size() / 2) + 1);
      world.people_wrote(half);
      (void)open.file->resize(0);
      (void)open.file->write(0, half);
    }
    world.open_files.push_back(std::move(open));
  });
}

}  // namespace

void finish_file(World& world, std::size_t which, Choices& choices) {
  OpenFile open = std::move(world.open_files[which]);
  world.open_files.erase(world.open_files.begin() + static_cast<std::ptrdiff_t>(which));
  Draft draft;
  if (open.in_pieces) {
    draft = Draft{open.buffer, open.planned, std::move(open.account), " the rest"};
  } else {
    draft = change(world, choices, open.buffer);
  }
  const std::string before = read_all(*open.file, "");
  const bool lost = nameless(world, *open.file);
  world.people_wrote(draft.text);
  world.say(draft.buffer.who + " writes and closes" + (lost ? " a file that has no name any more" : "") + ":" + draft.words);
  (void)open.file->resize(0);
  (void)open.file->write(0, draft.text);
  open.file.reset();
  if (lost) return;
  if (open.in_pieces) excuse(world, draft, open.buffer.text);
  account(world, draft, before);
}

void mend_file(World& world, Replica& replica) {
  const std::string before = world.text(replica);
  if (before.find(kBroken) == std::string::npos) return;
  world.say("somebody mends the file of r" + std::to_string(replica.number));
  save_by_rename(world, replica, without_broken(before));
}

void act_as_editor(World& world, const Step& step) {
  Choices choices(step.seed);
  Replica& replica = world.replica(step.replica);
  // Who takes the lock holds it from before the look until after the save.
  std::unique_ptr<File> lock;
  if (choices.one_in(3)) {
    lock = world.disk.open_as_editor(replica.path(), Open::read);
    if (!lock || !lock->try_lock()) return world.say("an editor finds the file locked, and lets it be");
  }
  switch (step.kind) {
    case Kind::edit_twice:
    case Kind::edit:
      for (int times = step.kind == Kind::edit ? 1 : 2; times > 0; --times)
        if (auto buffer = read(world, replica)) save(world, choices, change(world, choices, std::move(*buffer)));
      break;
    case Kind::open_buffer:
      if (auto buffer = read(world, replica)) world.buffers.push_back(std::move(*buffer));
      else return;
      if (world.buffers.size() > 4) world.buffers.pop_front();
      world.say(world.buffers.back().who + " at r" + std::to_string(replica.number) + " reads the file");
      break;
    case Kind::save_buffer: {
      if (world.buffers.empty()) return;
      const std::size_t which = choices.below(world.buffers.size());
      const Buffer buffer = world.buffers[which];
      world.buffers.erase(world.buffers.begin() + static_cast<std::ptrdiff_t>(which));
      save(world, choices, change(world, choices, buffer));
      break;
    }
    case Kind::append: append(world, choices, replica); break;
    case Kind::begin_pieces: begin(world, choices, replica, true); break;
    case Kind::hold_open: begin(world, choices, replica, false); break;
    case Kind::finish_file:
      if (!world.open_files.empty()) finish_file(world, choices.below(world.open_files.size()), choices);
      break;
    case Kind::break_file: {
      const std::string before = world.text(replica);
      if (!read_view(before)) return;
      world.say("somebody breaks the file of r" + std::to_string(replica.number));
      Draft draft;
      draft.buffer.replica = replica.number;
      draft.buffer.who = "who breaks it";
      draft.text = before + kBroken;
      account(world, draft, before);
      save_by_rename(world, replica, draft.text);
      break;
    }
    default: mend_file(world, replica);
  }
}

}  // namespace lockstep::simulation
