// What befalls machines, disks, databases and clocks.
#include <array>
#include <cerrno>

#include "simulation/world.hpp"

namespace lockstep::simulation {

void act_as_disaster(World& world, const Step& step) {
  Choices choices(step.seed);
  if (step.kind == Kind::clock_jump) {
    const std::int64_t seconds = static_cast<std::int64_t>(choices.below(7200)) * (choices.one_in(2) ? 1 : -1);
    world.disk.pass(std::chrono::seconds(seconds));
    return world.say("the clock jumps by " + std::to_string(seconds) + " s");
  }
  if (!world.during_operation()) return;
  using Unsynced = SimulatedFileSystem::Unsynced;
  switch (step.kind) {
    case Kind::power_loss: {
      const bool lost = choices.one_in(3);
      world.say(lost ? "the power fails, and what was not synced is lost" : "the power fails");
      return world.power_loss(lost ? Unsynced::lost : Unsynced::any, choices.seed());
    }
    case Kind::process_end:
      world.say("the process dies");
      return world.end_process();
    case Kind::disk_fault: {
      const int error = choices.one_in(2) ? ENOSPC : EIO;
      const bool lasting = choices.one_in(2);
      world.say(std::string(error == ENOSPC ? "the disk is full" : "the disk fails") + (lasting ? " from now on" : " once"));
      return world.disk_fault(error, lasting);
    }
    default: {
      static constexpr std::array kFaults{
          MemoryFault{.code = ErrorCode::changed, .retryable = true, .applied = false, .lasting = false},
          MemoryFault{.code = ErrorCode::database, .retryable = false, .applied = false, .lasting = false},
          MemoryFault{.code = ErrorCode::unreachable, .retryable = true, .applied = false, .lasting = false},
          MemoryFault{.code = ErrorCode::unreachable, .retryable = true, .applied = true, .lasting = false},
          MemoryFault{.code = ErrorCode::unreachable, .retryable = false, .applied = true, .lasting = false},
          MemoryFault{.code = ErrorCode::unreachable, .retryable = true, .applied = true, .lasting = true}};
      const std::size_t which = choices.below(kFaults.size());
      world.say("the database fails, kind " + std::to_string(which));
      return world.store_fault(kFaults[which]);
    }
  }
}

}  // namespace lockstep::simulation
