// What earlier runs left behind, and what late editors wrote into a backup.
#include <algorithm>
#include <map>

#include "file/safe_file_impl.hpp"

namespace lockstep {
namespace {

struct Group {
  JournalName name;
  bool has_main = false;
  bool has_copy = false;
};

struct Leftovers {
  std::map<std::string, Group> groups;  // by path of main
  std::vector<JournalName> records;
};

// For tidying what is worthless: in a folder that cannot be written it may stay.
void remove_if_possible(FileSystem& files, const std::string& path) { (void)files.remove(path); }

Leftovers collect(FileSystem& files, const std::string& target) {
  Leftovers result;
  const auto folder = folder_of(target);
  auto names = uninterrupted([&] { return files.list(folder); });
  if (!names) {
    if (names.error() == ENOENT) return result;
    // Where nothing can be written nothing was left.
    if (names.error() == EACCES && !files.may_write(folder)) return result;
    throw file_error(names.error(), "list", folder);
  }
  for (const auto& name : *names) {
    const auto leftover = leftover_of(target, name);
    if (!leftover) continue;
    const auto path = folder + "/" + name;
    const auto status = stat_if_there(files, path);
    if (!status || status->kind != FileKind::regular) continue;
    if (leftover->part == Leftover::Part::unfinished) {
      remove_if_possible(files, path);
    } else if (leftover->part == Leftover::Part::record) {
      result.records.push_back(leftover->name);
    } else {
      auto& group = result.groups[leftover->name.main()];
      group.name = leftover->name;
      (leftover->part == Leftover::Part::main ? group.has_main : group.has_copy) = true;
    }
  }
  return result;
}

Journal::State state_of(const Place& place, const JournalName& name, const std::string& held, const FileContent& content) {
  if (name.kind == JournalName::Kind::back) return Journal::State::editor_save;
  if (name.kind == JournalName::Kind::save) return Journal::State::unmerged_save;
  if (content.fingerprint == name.after && held == name.main()) {
    if (!name.created()) return Journal::State::not_exchanged;
    // Created by a hard link, where the second name was not removed any more.
    const auto standing = stat_if_there(place.files, place.target);
    const bool linked = standing && standing->inode == content.identity.inode && standing->device == content.identity.device;
    return linked ? Journal::State::exchanged : Journal::State::not_exchanged;
  }
  if (content.fingerprint == name.before || content.fingerprint == name.after) return Journal::State::exchanged;
  return Journal::State::editor_save;
}

std::optional<BackupFile> keep_as_backup_of(const Place& place, const std::string& path) {
  keep_as_newest_backup(place.files, place.target, path, place.backups, place.own_backup);
  const auto backup = place.target + ".bak";
  const auto status = stat_if_there(place.files, backup);
  if (!status) return std::nullopt;
  return BackupFile{status->device, status->inode, fingerprint_of_file(place.files, backup)};
}

JournalName name_of_journal(const Place& place, const Journal& journal) {
  const auto leftover = leftover_of(place.target, name_of(journal.path));
  if (!leftover) throw file_error(EINVAL, "recover", journal.path);
  return leftover->name;
}

}  // namespace

std::vector<Journal> SafeFile::find_journals() {
  const auto place = impl_->place();
  auto& files = place.files;
  auto left = collect(files, place.target);
  // The process that exchanged the files may have ended before it synced that. What is told here is relied on in the
  // database: a loss of power must not take it back.
  if (!left.groups.empty() || !left.records.empty()) sync_folder(files, folder_of(place.target));
  std::vector<Journal> journals;
  for (auto& [main, group] : left.groups) {
    const auto& name = group.name;
    if (group.has_main && group.has_copy) {
      settle(place, name);
      group.has_main = stat_if_there(files, main).has_value();
    }
    Journal journal;
    journal.path = group.has_main ? main : name.copy();
    journal.run_key = name.run_key;
    // Somebody who had the file open when it was exchanged may be writing: given time to end.
    const bool is_save = name.kind == JournalName::Kind::save;
    auto patience = is_save ? impl_->patience_for_others() : impl_->patience();
    auto looked = impl_->look_patiently(journal.path, patience, kAnySize);
    if (auto* content = std::get_if<FileContent>(&looked)) {
      journal.content = std::move(*content);
    } else {
      const auto file = open_or_throw(files, journal.path, Open::read);
      Look look;
      look.text = read_all(*file, journal.path);
      look.fingerprint = fingerprint_of(look.text);
      look.status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", journal.path);
      journal.content = content_of(std::move(look));
      journal.being_written = is_save;
    }
    if (name.kind == JournalName::Kind::back && journal.content.fingerprint == name.before) {
      // The save is back in the file; this is what it replaced.
      keep_as_backup_of(place, journal.path);
      continue;
    }
    journal.state = state_of(place, name, journal.path, journal.content);
    if (const auto record = open_if_there(files, name.record(), Open::read)) {
      auto texts = read_journal_texts(read_all(*record, name.record()));
      journal.record = std::move(texts.record);
      journal.read = std::move(texts.read);
      journal.written = std::move(texts.written);
    }
    if (name.created() && journal.state == Journal::State::exchanged) journal.content = FileContent{};
    journals.push_back(std::move(journal));
  }
  for (const auto& name : left.records) {
    auto staged = name;
    staged.kind = JournalName::Kind::staged;
    if (left.groups.contains(staged.main()) || left.groups.contains(staged.save())) continue;
    if (!name.created()) {
      remove_if_possible(files, name.record());
      continue;
    }
    Journal journal;
    journal.state = Journal::State::exchanged;
    journal.path = name.record();
    journal.run_key = name.run_key;
    journal.record = read_all(files, name.record());
    journals.push_back(std::move(journal));
  }
  const auto age = [&](const Journal& journal) {
    const auto status = stat_if_there(files, journal.path);
    return status ? status->changed_ns : 0;
  };
  std::stable_sort(journals.begin(), journals.end(), [&](const auto& a, const auto& b) { return age(a) < age(b); });
  return journals;
}

void SafeFile::remove_journal(const Journal& journal) {
  const auto place = impl_->place();
  const auto name = name_of_journal(place, journal);
  remove_if_there(place.files, name.record());
  if (name.created()) sync_folder(place.files, folder_of(place.target));
  remove_if_there(place.files, journal.path);
}

void SafeFile::keep_as_backup(const Journal& journal) {
  const auto place = impl_->place();
  const auto name = name_of_journal(place, journal);
  if (name.created()) {
    // A second name of the file itself, where it was created by a link.
    remove_if_there(place.files, name.main());
  } else if (stat_if_there(place.files, journal.path)) {
    impl_->own_backup = keep_as_backup_of(place, journal.path);
  }
  // The record must not go before the journal does: without it the run could not be told a second time.
  sync_folder(place.files, folder_of(place.target));
  remove_if_there(place.files, name.record());
}

void SafeFile::restore_editor_save(const Journal& journal) {
  const auto place = impl_->place();
  recover_save(place, name_of_journal(place, journal), journal.path);
}

void SafeFile::remove_save(const Journal& journal) {
  const auto place = impl_->place();
  const auto name = name_of_journal(place, journal);
  sync_folder(place.files, folder_of(place.target));
  remove_if_there(place.files, journal.path);
  remove_if_there(place.files, name.record());
}

std::string SafeFile::keep_aside(std::string_view text, Timestamp when) {
  const auto place = impl_->place();
  const auto like = open_if_there(place.files, place.target, Open::read);
  std::string time = format_rfc3339(when);
  std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
  for (int i = 0;; ++i) {
    auto path = place.target + ".saved-" + time + (i == 0 ? "" : "-" + std::to_string(i));
    if (const auto there = open_if_there(place.files, path, Open::read)) {
      if (read_all(*there, path) == text) return path;
      continue;
    }
    write_new(place.files, path, Open::create_private, text, like.get());
    sync_folder(place.files, folder_of(place.target));
    return path;
  }
}

std::variant<std::optional<FileContent>, Busy> SafeFile::stray_edit(std::uint64_t device, std::uint64_t inode,
                                                                     Fingerprint content) {
  constexpr std::optional<FileContent> kNone;
  const auto path = impl_->target() + ".bak";
  const auto status = stat_if_there(impl_->files, path);
  if (!status || status->device != device || status->inode != inode) return kNone;
  if (identity_of(*status) == impl_->seen_backup && impl_->seen_backup_content == content) return kNone;
  auto patience = impl_->patience_for_others();
  auto looked = impl_->look_patiently(path, patience, kAnySize);
  if (auto* busy = std::get_if<Busy>(&looked)) return std::move(*busy);
  auto& found = std::get<FileContent>(looked);
  if (found.missing || found.identity.inode != inode || found.identity.device != device) return kNone;
  if (found.fingerprint != content) return std::optional(std::move(found));
  impl_->seen_backup = found.identity;
  impl_->seen_backup_content = content;
  return kNone;
}

bool SafeFile::adopt_stray_edit(const FileContent& stray, const FileContent& current) {
  // An empty record: if a crash comes in between, nothing in it came from the database.
  const auto staged = stage(current, stray.text, "stray", "");
  if (!exchange(*staged, RunTexts{current.text, stray.text})) return false;
  finish(*staged);
  return true;
}

}  // namespace lockstep
