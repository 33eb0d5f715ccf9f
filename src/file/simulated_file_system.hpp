// A file system in memory for tests: deterministic, and as unkind as a real one
// is allowed to be. Target lockstep_file_simulated.
//
//   SimulatedFileSystem disk;
//   disk.put("/f.yml", "tasks: []\n");
//   disk.before_each([&](const auto& call) { if (call.number == 17) disk.save_by_rename("/f.yml", "edited\n"); });
//   disk.crash_at(23);                       // that call throws SimulatedCrash instead of being carried out
//   try { engine.sync(…); } catch (const SimulatedCrash&) {}
//   disk.restart(SimulatedFileSystem::Unsynced::any, seed);   // the machine is up again; open a new SafeFile
//
// Calls are numbered from 1 in the order in which the program under test makes them; run once without
// faults and ask calls() for how many there are. What a hook, or the functions under "editors", do is not
// counted, never fails and is durable at once.
//
// Crash model: simulated_disk.hpp. Blocking is not simulated: where a real editor would have to wait for a
// read lease, its save is carried out when the lease is dropped.
// Timestamps advance in steps of `timestamp_step` (4 ms, as on many kernels), so a change may well hide behind an
// unchanged time. One thread; the files it opened must be destroyed before it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "file/file_system.hpp"
#include "file/simulated_disk.hpp"

namespace lockstep {

// Thrown by the call at which the machine, or the process, stops. Not a std::exception: nothing between here and
// the test is to catch it.
struct SimulatedCrash {};

class SimulatedFileSystem final : public FileSystem {
 public:
  using Unsynced = simulated::Unsynced;

  // What this file system is able to do; may be changed at any time.
  struct Abilities {
    bool exchange = true;
    bool rename_keeping = true;  // Rename::keep
    bool hard_links = true;
    bool read_leases = true;
    bool give_away = true;       // take_attributes_of() keeps another user's ownership
    bool read_only = false;
    std::size_t largest_transfer = std::size_t{1} << 40;  // bytes that one read or write moves at most
  } able;
  std::int64_t timestamp_step = 4'000'000;  // nanoseconds
  std::uint32_t umask = 022;

  SimulatedFileSystem();
  ~SimulatedFileSystem() override;

  // ---- faults ---------------------------------------------------------------------------------------
  struct Call {
    std::size_t number;
    std::string operation;  // "open", "create", "read", "write", "resize", "sync", "stat", "lock", "lease", "attributes",
                            // "list", "rename", "link", "remove", "access", "holder", "wait"
    std::string path;       // of a rename or link: from
  };
  // The hook may call anything of this class; crash() and fail_this() are for it alone. It stays until another is set.
  void before_each(std::function<void(const Call&)>);
  std::size_t calls() const;
  // Within the hook: the call at hand is refused, if it can fail so at all.
  void fail_this(int error);
  // Call `number`, or from there on every call, is refused with `error`, if that call can fail so at all (a
  // full disk refuses what needs space only).
  void fail_at(std::size_t number, int error, bool persistent);
  void crash_at(std::size_t number);
  void no_more_faults();

  // The machine, or the process, does nothing any more from here on, until restart() or end_process(): a call is
  // refused with EIO, as what unwinds then makes them.
  void stop() { crashed_ = true; }
  bool stopped() const { return crashed_; }

  // After a crash, or as one: the machine comes up again. `kept` is the death of the processes under test alone:
  // editors' files stay open. Counting starts anew, faults and the hook are off.
  void restart(Unsynced unsynced, std::uint64_t seed = 0);

  // Several processes under test, each with a number of its own: while it lives, calls are that process's. May be used
  // within the hook, where calls are an editor's otherwise.
  class Process;
  // What it has open is closed, as the system does; others go on.
  void end_process(int number);

  // The system's clock, which stamps files. Negative: it is set back.
  void pass(std::chrono::nanoseconds);
  std::int64_t now_ns() const { return time_ns_; }

  // ---- editors and other programs; not counted --------------------------------------------------------
  static constexpr int kThisProcess = 1000;
  static constexpr int kEditor = 2000;
  void put(const std::string& path, const std::string& text);  // makes it if need be
  void save_in_place(const std::string& path, const std::string& text);
  void save_by_rename(const std::string& path, const std::string& text);
  void put_folder(const std::string& path);
  void make_symlink(const std::string& target, const std::string& path);
  void erase(const std::string& path);
  // A file that an editor has open, for any of File's calls; nullptr: it would have to wait, or cannot.
  std::unique_ptr<File> open_as_editor(const std::string& path, Open how);
  std::optional<FileStat> stat_as_editor(const std::string& path);
  // Opened now for writing, and handed over as soon as a lease allows: perhaps at once. A crash forgets it.
  void open_as_editor_when_free(const std::string& path, std::function<void(std::shared_ptr<File>)> act);
  void set_rights(const std::string& path, std::uint32_t mode, std::uint32_t owner, std::uint32_t group);
  void set_attribute(const std::string& path, const std::string& name, const std::string& value);
  std::map<std::string, std::string> attributes(const std::string& path);
  std::optional<std::string> text(const std::string& path);  // follows symlinks; nullopt: not there
  std::vector<std::string> names(const std::string& folder);  // sorted
  // Renaming and linking it is refused with EBUSY, as where a single file is mounted.
  void make_mount_point(const std::string& path);
  // What may_write and changes of it (a folder: of its entries) are refused with; 0 = nothing.
  void forbid_writing(const std::string& path, int error);

  // ---- FileSystem -------------------------------------------------------------------------------------
  Result<std::unique_ptr<File>> open(const std::string& path, Open how) override;
  Result<FileStat> stat(const std::string& path, bool follow) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Done rename(const std::string& from, const std::string& to, Rename how) override;
  Done link(const std::string& from, const std::string& to) override;
  Done make_folder(const std::string& path) override;
  Done remove(const std::string& path) override;
  Done may_write(const std::string& path) override;
  std::optional<int> holder_of(std::uint64_t device, std::uint64_t inode, Holder what) override;
  void wait(std::chrono::microseconds) override;

 private:
  friend class SimulatedFile;
  struct Handle {
    simulated::InodeNumber inode = 0;
    bool writable = false;
    int process = kThisProcess;
    std::string path;
  };
  // While it lives, calls are an editor's: not counted, never refused by a fault.
  class Outside {
   public:
    explicit Outside(SimulatedFileSystem& disk)
        : disk_(disk), outside_(std::exchange(disk.outside_, true)), process_(std::exchange(disk.process_, kEditor)) {}
    ~Outside() {
      disk_.outside_ = outside_;
      disk_.process_ = process_;
    }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

   private:
    SimulatedFileSystem& disk_;
    bool outside_;
    int process_;
  };

  int enter(const char* operation, const std::string& path);  // errno of a fault
  int refusal(std::uint64_t inode) const;
  std::unique_ptr<File> opened_by_editor(simulated::InodeNumber, const std::string& path);
  std::int64_t now() const;
  bool is_written(simulated::InodeNumber) const;
  FileStat stat_of(const simulated::Inode&) const;
  void close(std::uint64_t handle);
  void drop_lease(std::uint64_t handle);
  simulated::Inode& found(const std::string& path);
  void save_now(const std::string& path, const std::string& text);
  Result<std::unique_ptr<File>> create(const std::string& path, Open how);

  simulated::Disk disk_;
  std::map<std::uint64_t, Handle> handles_;
  std::uint64_t next_handle_ = 1;
  int process_ = kThisProcess;
  std::int64_t time_ns_ = 1'700'000'000'000'000'000;
  std::map<simulated::InodeNumber, std::vector<std::function<void()>>> waiting_for_lease_;
  std::set<simulated::InodeNumber> breaking_;  // leased, and somebody has tried to write it
  std::map<simulated::InodeNumber, int> forbidden_;
  std::vector<simulated::InodeNumber> mount_points_;

  std::function<void(const Call&)> hook_;
  bool outside_ = false;
  bool crashed_ = false;
  std::size_t calls_ = 0;
  std::size_t fail_at_ = 0;
  int fail_error_ = 0;
  bool fail_persistent_ = false;
  std::size_t crash_at_ = 0;
  int fail_this_ = 0;
};

class SimulatedFileSystem::Process {
 public:
  Process(SimulatedFileSystem& disk, int number)
      : disk_(disk), outside_(std::exchange(disk.outside_, false)), process_(std::exchange(disk.process_, number)) {}
  ~Process() {
    disk_.outside_ = outside_;
    disk_.process_ = process_;
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  SimulatedFileSystem& disk_;
  bool outside_;
  int process_;
};

}  // namespace lockstep
