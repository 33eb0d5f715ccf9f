// Uses every public header, and sees that they bring nothing else along.
#include <lockstep/error.hpp>
#include <lockstep/http.hpp>
#include <lockstep/log.hpp>
#include <lockstep/schedule_file.hpp>
#include <lockstep/service.hpp>
#include <lockstep/sync.hpp>

#if defined(BOOST_VERSION) || defined(LIBPQ_FE_H) || defined(YAML_H) || defined(SQLITE_VERSION)
#error "a public header includes what it must not"
#endif

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

namespace {

void expect(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "failed: " << what << "\n";
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  expect(count == 2, "usage: consumer FOLDER");
  std::filesystem::current_path(arguments[1]);

  lockstep::ScheduleFile file("schedule.yml");
  file.write(R"({"tasks":[{"id":1,"skill_name":"backup","schedule_cron":"@daily","next_run_at":"2026-11-23T02:00:00Z"}]})");

  auto service = lockstep::Service::start({.yaml = "schedule.yml", .database = "sqlite:tasks.db"});
  service.on_event([](const lockstep::Event& event) { std::cout << event.name << "\n"; });
  lockstep::Request request;
  request.target = "/api/tasks/1";
  request.headers = {{"host", "localhost"}};
  const lockstep::Response response = service.handle(request);
  expect(response.status == 200 && response.body.find("backup") != std::string::npos, "the service answers");
  service.stop();

  lockstep::SyncEngine engine({.yaml = "schedule.yml", .database = "sqlite:tasks.db"});
  expect(engine.sync().verdict == lockstep::Verdict::done, "a sync is done");
  try {
    lockstep::SyncEngine({.settings = {{"no_such_setting", "1"}}});
    expect(false, "a wrong setting is an error");
  } catch (const lockstep::Error& error) {
    expect(error.code() == lockstep::ErrorCode::usage, "an error has its code");
  }
  std::cout << "lockstep " << lockstep::version() << "\n";
}
