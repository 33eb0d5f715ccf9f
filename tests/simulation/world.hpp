// The whole engine with everything around it: a disk, a database, a clock, replicas with their processes, and whoever
// else has a hand in it. One thread; everything from the seeds of a History.
//
// Operations of engines are interleaved at each of their calls to file system and store: what the step says happens
// then, other engines' operations included, as other processes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "file/simulated_file_system.hpp"
#include "simulation/history.hpp"
#include "simulation/ledger.hpp"
#include "store/memory/memory_store.hpp"

namespace lockstep::simulation {

// The first thing found that must not be.
struct Violation {
  std::string kind;  // a word or two: what minimising keeps
  std::string what;
};

struct Replica {
  int number = 0;
  Settings settings;
  std::unique_ptr<Engine> engine;  // of a daemon: lives from operation to operation
  const std::string& path() const { return settings.yaml; }
  const std::string& name() const { return settings.replica; }
};

// What somebody has before his eyes.
struct Buffer {
  int replica = 0;
  std::string who;
  std::string text;
  Knowledge known;
};

// What an editor has open for writing.
struct OpenFile {
  std::shared_ptr<File> file;
  Buffer buffer;           // as it stood when it was opened
  bool in_pieces = false;  // cut, and half of `planned` written
  std::string planned;
  std::vector<std::function<void()>> account;  // what to enter into the ledger once it is all there
};

class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  void run(const Step&);
  // Everything comes to rest: editors end what they began, disasters stop, all replicas sync until nothing changes.
  void come_to_rest(std::uint64_t seed);

  // ---- for actors
  Replica& replica(int number) { return *replicas_[static_cast<std::size_t>(number) % replicas_.size()]; }
  std::vector<std::unique_ptr<Replica>>& replicas() { return replicas_; }
  std::string text(const Replica& replica) { return disk.text(replica.path()).value_or(""); }
  View rows() const;
  std::string token();  // unlike any other
  Timestamp now() const { return {disk.now_ns() / 1000}; }
  std::unique_ptr<Engine> process(Replica&);  // a new one
  Engine& daemon(Replica&);
  void say(const std::string& line);  // into the trace
  void fail(const std::string& kind, const std::string& what);
  // Texts that somebody's own hands put at the path, valid or not.
  void people_wrote(const std::string& text) { by_people_.insert(text); }

  // An engine's operation, with what happens during it. true: it came to its end, undisturbed by crashes and faults.
  struct Operated {
    bool ended = false;    // `act` returned
    bool alone = true;     // nothing at all happened meanwhile
    std::string refused;   // the error that it threw, if it did
  };
  Operated operate(const Step& step, const std::function<void(Engine&)>& act);
  bool during_operation() const { return !frames_.empty(); }
  // A disaster, for the operation that is under way.
  void power_loss(SimulatedFileSystem::Unsynced unsynced, std::uint64_t seed);
  void end_process();
  void disk_fault(int error, bool lasting);
  void store_fault(const MemoryFault& fault);

  SimulatedFileSystem disk;
  std::shared_ptr<MemoryDatabase> database = std::make_shared<MemoryDatabase>();
  Ledger ledger;
  std::deque<Buffer> buffers;
  std::vector<OpenFile> open_files;
  std::set<std::uint64_t> orphaned;  // inodes that an editor's rename took the name from
  std::optional<Violation> violation;
  std::vector<std::string> trace;
  bool tracing = false;
  // What has ever been allowed in this history, and so excuses something.
  bool ever_forced = false;
  std::set<std::int64_t> ever_undone;  // tasks whose former text an undo has brought back
  bool ever_one_way = false;  // such a sync makes anew in its target what was deleted there, for whoever shares it
  bool ever_kept_rows = false;     // on_yaml_delete
  FieldSet ever_owned;
  std::set<std::int64_t> ever_removed;  // tasks that some version of some file had and the next had not
  std::size_t operations = 0, calls = 0;

 private:
  struct Frame {
    std::vector<Interruption> due;
    std::size_t calls = 0;
    int process = 0;
    bool alone = true;
    bool ends = false;  // its process dies
    int disk_error = 0;
    bool disk_error_lasts = false;
    std::optional<MemoryFault> fault;
  };
  void before_call(const std::string& what);
  std::optional<MemoryFault> before_store_call(std::string_view operation);
  void die_if_due();
  void look_at_files();
  void make_replicas(Choices&);
  void restart();
  void check_step();

  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<Frame> frames_;
  std::vector<std::string> seen_texts_;
  std::set<std::string> by_people_;
  std::size_t tokens_ = 0;
  std::size_t runs_ = 0;
  int processes_ = 0;
  struct PowerLoss {
    SimulatedFileSystem::Unsynced unsynced;
    std::uint64_t seed;
  };
  std::optional<PowerLoss> power_loss_;
  bool hooked_off_ = false;  // within the simulation's own looks
};

// ---- actors: one source each
void act_as_editor(World&, const Step&);
void finish_file(World&, std::size_t which, Choices&);
void mend_file(World&, Replica&);
void act_as_application(World&, const Step&);
void act_as_operator(World&, const Step&);
bool resolve_all(World&, Replica&, Choices&);
void act_as_disaster(World&, const Step&);

// ---- invariants.cpp
void check_version(World&, const Replica&, const std::string& text);  // that anybody could read
void check_status(World&, Replica&, const Status&, const std::string& whose);
void check_rest(World&);

}  // namespace lockstep::simulation
