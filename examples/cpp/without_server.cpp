// lockstep in an application that has no server: the schedule is kept in step in the background, and the
// application looks at it and decides conflicts itself.
//
//   without_server SCHEDULE.yml DATABASE_URL     ends when its standard input does
#include <iostream>
#include <lockstep/service.hpp>
#include <string>

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: without_server SCHEDULE.yml DATABASE_URL\n";
    return 64;
  }
  try {
    auto service = lockstep::Service::start({.yaml = arguments[1], .database = arguments[2]},
                                            {.log = [](lockstep::LogLevel level, std::string_view message) {
                                              if (level >= lockstep::LogLevel::warn) std::cerr << message << std::endl;
                                            }});
    // On the service's thread: what takes long belongs elsewhere.
    service.on_event([](const lockstep::Event& event) { std::cout << *event.json << std::endl; });
    std::cout << service.status().json << std::endl;

    // Commands, one a line: sync, plan, conflicts, keep_yaml ID, keep_db ID.
    for (std::string line; std::getline(std::cin, line);) {
      const std::size_t space = line.find(' ');
      const std::string word = line.substr(0, space);
      try {
        lockstep::Answer answer;
        if (word == "sync") answer = service.sync();
        else if (word == "plan") answer = service.plan();
        else if (word == "conflicts") answer = service.conflicts();
        else if (space != std::string::npos) answer = service.resolve({.conflict_id = line.substr(space + 1), .choice = word});
        else continue;
        std::cout << answer.json << std::endl;
      } catch (const lockstep::Error& error) {  // the operation broke; the service goes on
        std::cerr << error.what() << std::endl;
      }
    }
  } catch (const lockstep::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
