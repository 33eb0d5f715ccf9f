// The write: stage → exchange → finish.
#include "file/safe_file_impl.hpp"

namespace lockstep {

struct SafeFile::Staged::Impl {
  enum class State {
    staged,  // the file is untouched: what was staged can go
    begun,   // something may have been replaced: only recovery may touch what is left
    done,    // the file holds the new text: finish() may
    gone
  };
  Place place;
  JournalName name;
  FileStat original;  // of the file whose attributes the staged one has
  State state = State::staged;
  std::string swapped_out;  // path of the text before, once exchanged
  bool late_save_possible = false;
  FileIdentity file;
  std::optional<FileIdentity> backup;

  bool create();
  bool replace(const std::optional<RunTexts>&);
  bool replace_otherwise(Watched&, Swapped why, const std::optional<RunTexts>&);
  void take_rights(File& from);
};

namespace {

// Where the file was missing, a record without a journal says "created": the record has to go first, durably.
void remove_staged(const Place& place, const JournalName& name) {
  remove_if_there(place.files, name.record());
  if (name.created()) sync_folder(place.files, folder_of(place.target));
  // Whatever happened, only the staged text itself is ours to throw away.
  const auto file = open_if_there(place.files, name.main(), Open::read);
  if (file && fingerprint_of_file(*file, name.main()) == name.after) remove_if_there(place.files, name.main());
}

// After a failure, whose error is the one to report.
void remove_staged_if_possible(const Place& place, const JournalName& name) noexcept {
  try {
    remove_staged(place, name);
  } catch (const std::exception&) {
    // Recovery finds it.
    return;
  }
}

void stage_text(const Place& place, const JournalName& name, std::string_view text, File* like) {
  write_new(place.files, name.part(), like != nullptr ? Open::create_private : Open::create_public, text, like);
  rename_over(place.files, name.part(), name.main());
}

bool same_rights(const FileStat& one, const FileStat& other) {
  return one.mode == other.mode && one.owner == other.owner && one.group == other.group;
}

}  // namespace

std::unique_ptr<SafeFile::Staged> SafeFile::stage(const FileContent& before, std::string_view after,
                                                  std::string_view run_key, std::string_view record) {
  if (!is_run_key(run_key)) {
    throw Error({.code = ErrorCode::internal,
                 .operation = "stage",
                 .subject = std::string(run_key),
                 .cause = "not a run key",
                 .hint = "",
                 .retryable = false});
  }
  const auto place = impl_->place();
  const auto folder = folder_of(place.target);
  const auto name =
      journal_name(place.target, JournalName::Kind::staged, run_key,
                   before.missing ? std::nullopt : std::optional(before.fingerprint), fingerprint_of(after));
  auto staged = std::make_unique<Staged::Impl>(Staged::Impl{place, name, {}, Staged::Impl::State::staged, {}, false, {}, {}});

  const auto original = before.missing ? nullptr : open_if_there(place.files, place.target, Open::read);
  if (original) staged->original = value_or_throw(uninterrupted([&] { return original->stat(); }), "look at", place.target);
  try {
    // A crash in between leaves a journal without a record, which was never exchanged, or a record without a
    // journal: worthless, but for a file that was missing, where it says "created" and has to come second.
    if (name.created()) {
      stage_text(place, name, after, nullptr);
      sync_folder(place.files, folder);
      write_new(place.files, name.record(), Open::create_private, record, nullptr);
    } else {
      write_new(place.files, name.record(), Open::create_private, record, nullptr);
      stage_text(place, name, after, original.get());
    }
    sync_folder(place.files, folder);
  } catch (const Error&) {
    (void)place.files.remove(name.part());
    remove_staged_if_possible(place, name);
    throw;
  }
  return std::unique_ptr<Staged>(new Staged(std::move(staged)));
}

bool SafeFile::exchange(Staged& which, const std::optional<RunTexts>& texts) {
  using State = Staged::Impl::State;
  auto& staged = *which.impl_;
  const auto& place = staged.place;
  const auto& name = staged.name;
  if (staged.state != State::staged) {
    throw Error({.code = ErrorCode::internal,
                 .operation = "exchange",
                 .subject = place.target,
                 .cause = "done before",
                 .hint = "",
                 .retryable = false});
  }
  if (impl_->locked) {
    // The new file is locked from the moment it is seen.
    auto file = open_or_throw(place.files, name.main(), Open::lock);
    (void)uninterrupted([&] { return file->try_lock(); });
    impl_->held.push_back(std::move(file));
  }
  const bool done = name.created() ? staged.create() : staged.replace(texts);
  if (!done) {
    if (staged.state == State::staged) remove_staged(place, name);
    staged.state = State::gone;
    return false;
  }
  sync_folder(place.files, folder_of(place.target));
  const auto now = stat_if_there(place.files, place.target);
  if (now) {
    staged.file = identity_of(*now);
    impl_->held_device = now->device;
    impl_->held_inode = now->inode;
  }
  staged.state = State::done;
  return true;
}

// false: somebody made a file meanwhile.
bool SafeFile::Staged::Impl::create() {
  state = State::begun;
  try {
    const bool created = create_in_place(place, name);
    if (!created) state = State::staged;
    return created;
  } catch (const Error&) {
    // Refused outright, unless the file was linked already.
    const auto begun = place.files.stat(place.target, false);
    if (!begun && begun.error() == ENOENT) state = State::staged;
    throw;
  }
}

// false: an editor has saved, or is saving. State staged: before anything was done.
bool SafeFile::Staged::Impl::replace(const std::optional<RunTexts>& texts) {
  auto watched = Watched::look(place.files, place.target, *name.before);
  if (!watched) return false;
  late_save_possible = watched->may_be_written_late();
  state = State::begun;
  auto swapped = Swapped::not_possible;
  try {
    swapped = exchange_names(place, name);
  } catch (const Error&) {
    state = State::staged;
    throw;
  }
  if (swapped == Swapped::target_missing) {
    state = State::staged;
    return false;
  }
  if (swapped != Swapped::yes) return replace_otherwise(*watched, swapped, texts);
  // From here to the exchange back, if there has to be one, nothing is waited for.
  if (!watched->is_untouched_at(place.files, name.main())) {
    if (!take_back(place, name, texts)) put_back(place, name, name.main(), name.after, texts);
    return false;
  }
  swapped_out = name.main();
  take_rights(watched->file());
  return true;
}

bool SafeFile::Staged::Impl::replace_otherwise(Watched& watched, Swapped why, const std::optional<RunTexts>& texts) {
  watched.let_go();  // it would keep out ourselves
  late_save_possible = true;
  std::optional<std::string> out;
  try {
    out = replace_without_exchange(place, name, why);
  } catch (const Error&) {
    // Refused outright, unless something was begun beside it.
    const auto begun = place.files.stat(name.copy(), false);
    if (!begun && begun.error() == ENOENT) state = State::staged;
    throw;
  }
  if (!out) {
    state = State::staged;
    return false;
  }
  const auto came_out = look_at(place.files, *out);
  const auto* old = std::get_if<Look>(&came_out);
  if (old == nullptr || old->fingerprint != name.before) {
    put_back(place, name, *out, name.after, texts);
    return false;
  }
  swapped_out = *out;
  take_rights(*open_or_throw(place.files, *out, Open::read));
  return true;
}

// Rights that were taken away after staging must not come back.
void SafeFile::Staged::Impl::take_rights(File& from) {
  const auto status = value_or_throw(uninterrupted([&] { return from.stat(); }), "look at", swapped_out);
  backup = identity_of(status);
  if (same_rights(status, original)) return;
  const auto target = open_or_throw(place.files, place.target, Open::read);
  done_or_throw(uninterrupted([&] { return target->take_attributes_of(from); }), "set owner and rights of", place.target);
}

void SafeFile::finish(Staged& which) {
  auto& staged = *which.impl_;
  if (staged.state != Staged::Impl::State::done) return;
  staged.state = Staged::Impl::State::gone;
  // Not synced: each of these steps that a crash takes back is done again by recovery, which finds the run in
  // the database, so it does not need the record.
  if (!staged.name.created()) {
    keep_as_newest_backup(staged.place.files, staged.place.target, staged.swapped_out, staged.place.backups,
                          impl_->own_backup);
    if (staged.backup) impl_->own_backup = BackupFile{staged.backup->device, staged.backup->inode, *staged.name.before};
  }
  remove_if_there(staged.place.files, staged.name.record());
}

void SafeFile::discard(Staged& which) {
  auto& staged = *which.impl_;
  if (staged.state != Staged::Impl::State::staged) return;
  staged.state = Staged::Impl::State::gone;
  remove_staged(staged.place, staged.name);
}

SafeFile::Staged::Staged(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SafeFile::Staged::~Staged() {
  if (impl_->state == Impl::State::staged) remove_staged_if_possible(impl_->place, impl_->name);
}

const FileIdentity& SafeFile::Staged::file() const { return impl_->file; }
const std::optional<FileIdentity>& SafeFile::Staged::backup() const { return impl_->backup; }
bool SafeFile::Staged::late_save_possible() const { return impl_->late_save_possible; }

}  // namespace lockstep
