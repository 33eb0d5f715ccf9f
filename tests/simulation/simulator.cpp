#include "simulation/simulator.hpp"

#include "model/task.hpp"

namespace lockstep::simulation {
namespace {

std::string ending_of(World& world) {
  std::string ending;
  for (auto& replica : world.replicas()) {
    const std::string folder = "/" + replica->name();
    for (const std::string& name : world.disk.names(folder))
      ending += folder + "/" + name + "\n" + world.disk.text(folder + "/" + name).value_or("") + "\n";
  }
  for (const auto& [id, row] : world.rows()) ending += to_json_text(row) + "\n";
  return ending;
}

// All histories that lack one thing; the largest omissions first.
std::vector<History> shorter(const History& history) {
  std::vector<History> result;
  for (std::size_t i = 0; i < history.steps.size(); ++i) {
    History without = history;
    without.steps.erase(without.steps.begin() + static_cast<std::ptrdiff_t>(i));
    result.push_back(std::move(without));
  }
  for (std::size_t i = 0; i < history.steps.size(); ++i) {
    const auto& during = history.steps[i].during;
    for (std::size_t j = 0; j < during.size(); ++j) {
      History without = history;
      auto& left = without.steps[i].during;
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(j));
      result.push_back(std::move(without));
      for (std::size_t k = 0; k < during[j].step.during.size(); ++k) {
        History within = history;
        auto& inner = within.steps[i].during[j].step.during;
        inner.erase(inner.begin() + static_cast<std::ptrdiff_t>(k));
        result.push_back(std::move(within));
      }
    }
  }
  return result;
}

}  // namespace

Told tell(const History& history, bool tracing) {
  World world(history.seed);
  world.tracing = tracing;
  for (const Step& step : history.steps) {
    if (world.violation) break;
    world.run(step);
  }
  if (!world.violation) world.come_to_rest(history.seed ^ 0x5bd1e995);
  Told told;
  told.violation = std::move(world.violation);
  told.trace = std::move(world.trace);
  told.ending = ending_of(world);
  told.operations = world.operations;
  told.calls = world.calls;
  return told;
}

History minimised(const History& history, const std::string& kind) {
  History best = history;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (History& candidate : shorter(best)) {
      const Told told = tell(candidate);
      if (!told.violation || told.violation->kind != kind) continue;
      best = std::move(candidate);
      smaller = true;
      break;
    }
  }
  return best;
}

std::string report(std::uint64_t seed, const Violation& violation, const History& small) {
  const Told told = tell(small, true);
  std::string text = "LOCKSTEP_SEED=" + std::to_string(seed) + ": " + violation.kind + ": " + violation.what + "\nshortest (" +
                     std::to_string(size(small)) + " steps): " + (told.violation ? told.violation->what : "?") + "\n";
  for (const std::string& line : told.trace) text += "  " + line + "\n";
  return text;
}

}  // namespace lockstep::simulation
