#include "file/replacement.hpp"

#include <algorithm>
#include <array>

#include "file/journal_texts.hpp"

namespace lockstep {
namespace {

void write_durable_copy(const Place& place, const JournalName& name, std::string_view text, File& like) {
  write_new(place.files, name.part(), Open::create_private, text, &like);
  rename_over(place.files, name.part(), name.copy());
}

void overwrite(const Place& place, File& file, std::string_view text) {
  // Cut only at the end: the blocks that the old text had are not given away in between, so that a disk that
  // fills up meanwhile has room for at least it.
  write_all(file, place.target, text);
  done_or_throw(uninterrupted([&] { return file.resize(text.size()); }), "write", place.target);
  sync(file, place.target);
}

std::optional<std::string> write_in_place(const Place& place, const JournalName& name) {
  const auto looked = look_at(place.files, place.target, Text::keep);
  const auto* old = std::get_if<Look>(&looked);
  if (old == nullptr || old->fingerprint != name.before) return std::nullopt;
  const auto text = read_all(place.files, name.main());

  const auto file = open_if_there(place.files, place.target, Open::update);
  if (!file) return std::nullopt;
  write_durable_copy(place, name, old->text, *file);
  sync_folder(place.files, folder_of(place.target));
  // The last look, through the very description that is written.
  if (fingerprint_of_file(*file, place.target) != name.before) {
    remove_if_there(place.files, name.copy());
    return std::nullopt;
  }
  try {
    overwrite(place, *file, text);
  } catch (const Error&) {
    // Best at once: until it is undone, readers see half a text. If this fails too, settle() does it later.
    overwrite(place, *file, old->text);
    remove_if_there(place.files, name.copy());
    throw;
  }
  remove_if_there(place.files, name.main());  // the mark that it is done
  sync_folder(place.files, folder_of(place.target));
  return name.copy();
}

// Makes name.copy() a durable second name, or copy, of what stands in the target. false: it is not name.before.
bool save_standing(const Place& place, const JournalName& name) {
  remove_if_there(place.files, name.copy());
  const auto linked = uninterrupted([&] { return place.files.link(place.target, name.copy()); });
  if (!linked) {
    if (linked.error() == ENOENT) return false;
    constexpr std::array kNoLinks{EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV, EINVAL};
    if (std::find(kNoLinks.begin(), kNoLinks.end(), linked.error()) == kNoLinks.end()) {
      throw file_error(linked.error(), "link", place.target);
    }
    const auto looked = look_at(place.files, place.target, Text::keep);
    const auto* old = std::get_if<Look>(&looked);
    if (old == nullptr || old->fingerprint != name.before) return false;
    write_durable_copy(place, name, old->text, *open_or_throw(place.files, place.target, Open::read));
  }
  sync_folder(place.files, folder_of(place.target));
  return true;
}

std::optional<std::string> rename_over_saved(const Place& place, const JournalName& name) {
  if (!save_standing(place, name)) return std::nullopt;
  const auto moved_on = [&]() -> std::optional<std::string> {
    remove_if_there(place.files, name.copy());
    return std::nullopt;
  };
  const auto looked = look_at(place.files, place.target);
  const auto* now = std::get_if<Look>(&looked);
  if (now == nullptr || now->fingerprint != name.before) return moved_on();
  // Held, to see afterwards what was written into it until the end.
  const auto last = open_if_there(place.files, place.target, Open::read);
  const auto status = stat_if_there(place.files, place.target);
  if (!last || !status || status->inode != now->status.inode) return moved_on();

  const auto renamed = uninterrupted([&] { return place.files.rename(name.main(), place.target, Rename::replace); });
  if (!renamed) {
    remove_if_there(place.files, name.copy());
    if (renamed.error() == EBUSY || renamed.error() == EXDEV) return write_in_place(place, name);
    throw file_error(renamed.error(), "rename", name.main());
  }
  // A copy, unlike a hard link, does not have what was written into the file since.
  const auto written = fingerprint_of_file(*last, name.copy());
  if (written != name.before && written != fingerprint_of_file(place.files, name.copy())) {
    write_durable_copy(place, name, read_all(*last, name.copy()), *last);
  }
  return name.copy();
}

// Every byte is that of one or the other text, or a zero of a block that never reached the disk: what
// overwriting one with the other leaves when it is cut short.
bool is_torn_between(std::string_view torn, std::string_view before, std::string_view after) {
  if (torn.size() > std::max(before.size(), after.size())) return false;
  for (std::size_t i = 0; i < torn.size(); ++i) {
    const bool old_byte = i < before.size() && torn[i] == before[i];
    const bool new_byte = i < after.size() && torn[i] == after[i];
    if (!old_byte && !new_byte && torn[i] != '\0') return false;
  }
  return true;
}

}  // namespace

Watched::Watched(std::unique_ptr<File> file, FileStat status, Fingerprint expected, bool leased)
    : file_(std::move(file)), status_(std::move(status)), expected_(expected), leased_(leased) {}

std::optional<Watched> Watched::look(FileSystem& files, const std::string& target, Fingerprint expected) {
  auto file = open_if_there(files, target, Open::read);
  if (!file) return std::nullopt;
  const auto lease = uninterrupted([&] { return file->take_read_lease(); });
  if (lease.error() == EAGAIN) return std::nullopt;
  if (fingerprint_of_file(*file, target) != expected) return std::nullopt;
  auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", target);
  if (!lease && files.holder_of(status.device, status.inode, Holder::writer)) return std::nullopt;
  return Watched(std::move(file), std::move(status), expected, bool{lease});
}

bool Watched::is_untouched_at(FileSystem& files, const std::string& path) {
  const auto now = stat_if_there(files, path);
  if (!now || now->inode != status_.inode || now->device != status_.device) return false;
  return leased_ ? file_->lease_holds() : fingerprint_of_file(*file_, path) == expected_;
}

void Watched::let_go() {
  if (std::exchange(leased_, false)) file_->drop_lease();
}

Swapped exchange_names(const Place& place, const JournalName& name) {
  // Not repeated when interrupted: done twice it is undone.
  const auto exchanged = place.files.rename(name.main(), place.target, Rename::exchange);
  if (exchanged) return Swapped::yes;
  switch (exchanged.error()) {
    case ENOENT:
      if (!stat_if_there(place.files, place.target)) return Swapped::target_missing;
      throw file_error(ENOENT, "exchange", name.main());
    case EBUSY:
    case EXDEV:
      return Swapped::mount_point;
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
      return Swapped::not_possible;
    default:
      throw file_error(exchanged.error(), "exchange", place.target);
  }
}

std::optional<std::string> replace_without_exchange(const Place& place, const JournalName& name, Swapped why) {
  return why == Swapped::mount_point ? write_in_place(place, name) : rename_over_saved(place, name);
}

bool create_in_place(const Place& place, const JournalName& name) {
  const auto created = uninterrupted([&] { return place.files.rename(name.main(), place.target, Rename::keep); });
  if (created) return true;
  if (created.error() == EEXIST) return false;
  if (created.error() != EINVAL && created.error() != ENOSYS && created.error() != EOPNOTSUPP) {
    throw file_error(created.error(), "create", place.target);
  }
  const auto linked = uninterrupted([&] { return place.files.link(name.main(), place.target); });
  if (linked) {
    // One of the two names at least has to outlive a crash.
    sync_folder(place.files, folder_of(place.target));
    remove_if_there(place.files, name.main());
    return true;
  }
  if (linked.error() == EEXIST) return false;
  // Neither: the best such a file system can.
  if (stat_if_there(place.files, place.target)) return false;
  rename_over(place.files, name.main(), place.target);
  return true;
}

void settle(const Place& place, const JournalName& name) {
  const auto before = read_all(place.files, name.copy());
  const auto after = read_all(place.files, name.main());
  const auto looked = look_at(place.files, place.target, Text::keep);
  if (std::holds_alternative<BeingWritten>(looked)) {
    throw Error({.code = ErrorCode::locked,
                 .operation = "recover",
                 .subject = place.target,
                 .cause = "another program writes it",
                 .hint = "",
                 .retryable = true});
  }
  const auto* standing = std::get_if<Look>(&looked);
  if (standing != nullptr && standing->text == before) {
    remove_if_there(place.files, name.copy());
  } else if (standing != nullptr && standing->text == after) {
    // Perhaps not durable when the crash came; from now on it counts as done.
    sync(*open_or_throw(place.files, place.target, Open::read), place.target);
    remove_if_there(place.files, name.main());
  } else if (standing != nullptr && is_torn_between(standing->text, before, after)) {
    // Nothing is committed before the writing is done: back to the text before.
    overwrite(place, *open_or_throw(place.files, place.target, Open::update), before);
    remove_if_there(place.files, name.copy());
  } else {
    // Edited since, or removed: that stands, as if the replacing had never begun. Taking it for done could
    // make an old value look like an edit that undoes the database's; the other way round is harmless.
    keep_as_newest_backup(place.files, place.target, name.copy(), place.backups, place.own_backup);
  }
  sync_folder(place.files, folder_of(place.target));
}

namespace {

// Nothing stands in the target: the save takes its name. false: somebody made one just now.
bool put_where_nothing_is(const Place& place, const std::string& save) {
  const auto created = uninterrupted([&] { return place.files.rename(save, place.target, Rename::keep); });
  if (created.error() == EEXIST) return false;
  if (!created) rename_over(place.files, save, place.target);
  return true;
}

// The record of the run, and what it had read and written, for whoever merges the save.
void add_texts_to_record(const Place& place, const JournalName& name, const std::optional<RunTexts>& texts) {
  if (!texts) return;
  const auto record = open_if_there(place.files, name.record(), Open::read);
  const auto all = write_journal_texts(record ? read_all(*record, name.record()) : std::string(), *texts);
  write_new(place.files, name.part(), Open::create_private, all, nullptr);
  rename_over(place.files, name.part(), name.record());
}

// What stands at `held` is to be merged into the file.
void keep_for_merge(const Place& place, const JournalName& name, const std::string& held) {
  rename_over(place.files, held, name.save());
  sync_folder(place.files, folder_of(place.target));
}

bool holds(const Place& place, const std::string& path, Fingerprint text) {
  const auto looked = look_at(place.files, path);
  const auto* look = std::get_if<Look>(&looked);
  return look != nullptr && look->fingerprint == text;
}

}  // namespace

bool take_back(const Place& place, const JournalName& name, const std::optional<RunTexts>& texts) {
  constexpr int kMostRounds = 32;  // each takes somebody who removes the file and makes it again
  for (int round = 0; round < kMostRounds; ++round) {
    const auto swapped = exchange_names(place, name);
    if (swapped == Swapped::not_possible || swapped == Swapped::mount_point) return false;
    if (swapped == Swapped::target_missing) {
      if (!put_where_nothing_is(place, name.main())) continue;
      remove_if_there(place.files, name.record());
      sync_folder(place.files, folder_of(place.target));
      return true;
    }
    if (holds(place, name.main(), name.after)) {
      // The record goes first: beside it the text after would mean a run that is still to begin.
      remove_if_there(place.files, name.record());
      remove_if_there(place.files, name.main());
      sync_folder(place.files, folder_of(place.target));
      return true;
    }
    add_texts_to_record(place, name, texts);
    keep_for_merge(place, name, name.main());
    return true;
  }
  throw Error({.code = ErrorCode::changed,
               .operation = "replace",
               .subject = place.target,
               .cause = "it is removed and made again all the time",
               .hint = "nothing is lost: the versions stand beside it; sync again when it is quiet",
               .retryable = true});
}

void put_back(const Place& place, const JournalName& name, const std::string& held, Fingerprint standing,
              const std::optional<RunTexts>& texts) {
  // From now on the name says what is to come out and what goes in: a crash on either side of the replacing
  // finds by looking which side it was. Hence durable before it, and before the last look, because it takes
  // long enough for an editor to save in the meantime.
  const auto save = fingerprint_of_file(place.files, held);
  const auto back = journal_name(place.target, JournalName::Kind::back, name.run_key, standing, save);
  if (held != back.main()) rename_over(place.files, held, back.main());
  sync_folder(place.files, folder_of(place.target));
  if (!stat_if_there(place.files, place.target) && put_where_nothing_is(place, back.main())) {
    return sync_folder(place.files, folder_of(place.target));
  }
  const auto swapped = exchange_names(place, back);
  // nullopt: saved since, or being saved.
  const auto out = swapped == Swapped::yes ? std::optional(back.main()) : replace_without_exchange(place, back, swapped);
  if (out && holds(place, *out, standing)) {
    remove_if_there(place.files, name.record());
    remove_if_there(place.files, *out);
    return sync_folder(place.files, folder_of(place.target));
  }
  add_texts_to_record(place, name, texts);
  keep_for_merge(place, name, out.value_or(back.main()));
}

void recover_save(const Place& place, const JournalName& name, const std::string& held) {
  const bool on_its_way = name.kind == JournalName::Kind::back;
  // On its way back: still outside if the target is what it was to replace. Else it went in, and this came out.
  const auto standing = on_its_way ? *name.before : name.after;
  if (!stat_if_there(place.files, place.target) && put_where_nothing_is(place, held)) {
    remove_if_there(place.files, name.record());
    return sync_folder(place.files, folder_of(place.target));
  }
  if (!holds(place, place.target, standing)) return keep_for_merge(place, name, held);
  if (held == name.main() && !on_its_way && take_back(place, name, std::nullopt)) return;
  put_back(place, name, held, standing, std::nullopt);
}

}  // namespace lockstep
