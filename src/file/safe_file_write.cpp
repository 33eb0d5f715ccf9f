// The write: stage → exchange → finish.
#include "file/backups.hpp"
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
  FileIdentity file;
  std::optional<FileIdentity> backup;
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
  auto staged = std::make_unique<Staged::Impl>(Staged::Impl{place, name, {}, Staged::Impl::State::staged, {}, {}, {}});

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

bool SafeFile::exchange(Staged& which) {
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

  std::optional<std::string> out;
  bool created = false;
  staged.state = State::begun;
  try {
    if (name.created()) {
      created = create_in_place(place, name);
    } else {
      out = put_in_place(place, name);
    }
  } catch (const Error&) {
    // Refused outright, unless something was begun beside it or a created file was linked already.
    const auto begun = place.files.stat(name.created() ? place.target : name.copy(), false);
    if (!begun && begun.error() == ENOENT) staged.state = State::staged;
    throw;
  }
  if (!created && !out) {
    staged.state = State::gone;
    remove_staged(place, name);
    return false;
  }

  const auto folder = folder_of(place.target);
  if (out) {
    const auto came_out = look_at(place.files, *out);
    const auto* old = std::get_if<Look>(&came_out);
    if (old == nullptr || old->fingerprint != name.before) {
      staged.state = State::gone;
      put_back(place, name, *out, name.after, false);
      return false;
    }
    staged.backup = identity_of(old->status);
    staged.swapped_out = *out;
    if (!same_rights(old->status, staged.original)) {
      // Rights that were taken away after staging must not come back.
      const auto source = open_or_throw(place.files, *out, Open::read);
      const auto target = open_or_throw(place.files, place.target, Open::read);
      done_or_throw(uninterrupted([&] { return target->take_attributes_of(*source); }), "set owner and rights of", place.target);
    }
  }
  sync_folder(place.files, folder);
  const auto now = stat_if_there(place.files, place.target);
  if (now) {
    staged.file = identity_of(*now);
    impl_->held_device = now->device;
    impl_->held_inode = now->inode;
  }
  staged.state = State::done;
  return true;
}

void SafeFile::finish(Staged& which) {
  auto& staged = *which.impl_;
  if (staged.state != Staged::Impl::State::done) return;
  staged.state = Staged::Impl::State::gone;
  // Not synced: each of these steps that a crash takes back is done again by recovery, which finds the run in
  // the database, so it does not need the record.
  if (!staged.name.created()) {
    keep_as_newest_backup(staged.place.files, staged.place.target, staged.swapped_out, staged.place.backups);
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

}  // namespace lockstep
