// lockstep._lockstep: the public C++ library (include/lockstep/) for Python. Everything that can take time runs without the
// interpreter's lock. The Python files beside it make an interface of it (errors.py, engine.py, …).
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>

#include "lockstep/schedule_file.hpp"
#include "lockstep/service.hpp"
#include "lockstep/sync.hpp"
#include "mailbox.hpp"

namespace py = pybind11;

namespace lockstep::python {
namespace {

using Released = py::call_guard<py::gil_scoped_release>;
using Answered = std::pair<std::string, std::string>;  // verdict, JSON
using Headers = std::vector<std::pair<std::string, std::string>>;

std::string name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage: return "usage";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::io: return "io";
    case ErrorCode::permission: return "permission";
    case ErrorCode::locked: return "locked";
    case ErrorCode::busy: return "busy";
    case ErrorCode::database: return "database";
    case ErrorCode::unreachable: return "unreachable";
    case ErrorCode::changed: return "changed";
    case ErrorCode::newer_schema: return "newer_schema";
    case ErrorCode::unsuitable_table: return "unsuitable_table";
    case ErrorCode::internal: break;
  }
  return "internal";
}

std::string name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::done: return "done";
    case Verdict::conflicts: return "conflicts";
    case Verdict::invalid_yaml: return "invalid_yaml";
    case Verdict::file_locked: return "file_locked";
    case Verdict::deletion_guard: return "deletion_guard";
    case Verdict::not_found: return "not_found";
    case Verdict::moved: return "moved";
    case Verdict::refused: break;
  }
  return "refused";
}

// The package's own exceptions (errors.py).
void raise(const Error& error, const std::string& errors) {
  const py::object make = py::module_::import("lockstep.errors").attr("from_native");
  const Error::Parts& parts = error.parts();
  const py::object exception = make(name_of(parts.code), error.what(), parts.hint, parts.retryable, errors);
  PyErr_SetObject(py::type::of(exception).ptr(), exception.ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const InvalidSchedule& error) {
    raise(error, error.errors());
  } catch (const Error& error) {
    raise(error, "");
  }
}

Answered answered(Answer answer) { return {name_of(answer.verdict), std::move(answer.json)}; }

Options options(std::string yaml, std::string database, std::string config, std::string replica, Headers settings) {
  return {.yaml = std::move(yaml), .database = std::move(database), .config = std::move(config), .replica = std::move(replica),
          .settings = std::move(settings)};
}

Direction direction_of(const std::string& name) {
  if (name == "bidirectional") return Direction::bidirectional;
  if (name == "yaml_to_db") return Direction::yaml_to_db;
  if (name == "db_to_yaml") return Direction::db_to_yaml;
  throw Error({.code = ErrorCode::usage, .operation = "sync", .cause = "there is no direction " + name,
               .hint = "bidirectional, yaml_to_db and db_to_yaml are"});
}

SyncOptions sync_options(const std::string& direction, bool force, bool dry_run, std::optional<double> max_delete_percent,
                         std::optional<std::int64_t> task_id) {
  return {.direction = direction_of(direction), .force = force, .dry_run = dry_run,
          .max_delete_percent = max_delete_percent, .task_id = task_id};
}

// What SyncEngine and Service both have.
template <typename Class>
void define_operations(Class& in) {
  using Target = typename Class::type;
  in.def("sync",
         [](Target& target, const std::string& direction, bool force, bool dry_run,
            std::optional<double> max_delete_percent, std::optional<std::int64_t> task_id) {
           return answered(target->sync(sync_options(direction, force, dry_run, max_delete_percent, task_id)));
         }, Released())
      .def("plan",
           [](Target& target, const std::string& direction, bool force, std::optional<std::int64_t> task_id) {
             return answered(target->plan(sync_options(direction, force, false, std::nullopt, task_id)));
           }, Released())
      .def("status", [](Target& target) { return answered(target->status()); }, Released())
      .def("conflicts", [](Target& target) { return answered(target->conflicts()); }, Released())
      .def("resolve",
           [](Target& target, std::string id, std::string choice, std::string fields, std::optional<int> version) {
             return answered(target->resolve({.conflict_id = std::move(id), .choice = std::move(choice),
                                              .fields = std::move(fields), .version = version}));
           }, Released())
      .def("history", [](Target& target, std::size_t limit) { return answered(target->history(limit)); }, Released())
      .def("undo", [](Target& target, std::int64_t run) { return answered(target->undo(run)); }, Released())
      .def_property_readonly("yaml", [](Target& target) { return target->yaml(); });
}

// As a pointer: so that both kinds of owner look alike above.
struct EngineOwner {
  explicit EngineOwner(const Options& given) : engine(given) {}
  SyncEngine* operator->() { return &engine; }
  SyncEngine engine;
};

Request request_of(std::string method, std::string target, Headers headers, std::string body, bool secure) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  for (auto& [name, value] : headers) request.headers.push_back({std::move(name), std::move(value)});
  request.body = std::move(body);
  request.secure = secure;
  return request;
}

py::tuple tuple_of(const Response& response) {
  Headers headers;
  for (const Header& header : response.headers) headers.emplace_back(header.name, header.value);
  return py::make_tuple(response.status, response.content_type, headers, py::bytes(response.body));
}

py::list list_of(const std::vector<Event>& events) {
  py::list list;
  for (const Event& event : events) list.append(py::make_tuple(event.seq, std::string(event.name), *event.json));
  return list;
}

StreamKind kind_of(const std::string& name) {
  return name == "websocket" ? StreamKind::websocket : StreamKind::server_sent_events;
}

// A service and the mailbox that its callbacks write to, which they may outlive it by.
class LiveService {
 public:
  LiveService(const Options& given, std::string prefix, bool dashboard)
      : mailbox_(std::make_shared<Mailbox>()),
        service_(Service::start(given, {.prefix = std::move(prefix),
                                        .dashboard = dashboard,
                                        .share = true,
                                        .log = [mailbox = mailbox_](LogLevel level, std::string_view message) {
                                          mailbox->put(level, message);
                                        }})) {
    service_.on_event([mailbox = mailbox_](const Event& event) { mailbox->put(event); });
  }

  Service* operator->() { return &service_; }
  Mailbox& mailbox() { return *mailbox_; }

  void handle(std::uint64_t number, Request request) {
    service_.handle(std::move(request), [mailbox = mailbox_, number](Response response) { mailbox->put(number, std::move(response)); });
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Service service_;
};

// The interpreter's lock must not be held while threads that may wait for it are waited for.
struct StopWithoutTheLock {
  void operator()(LiveService* service) const {
    const py::gil_scoped_release released;
    delete service;
  }
};
using LiveServicePtr = std::unique_ptr<LiveService, StopWithoutTheLock>;

// None: no stream's path. Else ("response", …) or ("stream", kind, subprotocol, greeting, missed events, seq): what
// comes later comes through the mailbox, so the stream's own subscription ends at once.
py::object open_stream(LiveService& service, std::string method, std::string target, Headers headers, bool secure) {
  std::optional<std::variant<Stream, Response>> opened;
  {
    const py::gil_scoped_release released;
    opened = service->open_stream(request_of(std::move(method), std::move(target), std::move(headers), "", secure), [](const Event&) {});
    if (opened)
      if (Stream* stream = std::get_if<Stream>(&*opened)) [[maybe_unused]] const Subscription ended = std::move(stream->subscription);
  }
  if (!opened) return py::none();
  if (const Response* response = std::get_if<Response>(&*opened)) return py::make_tuple("response", tuple_of(*response));
  const Stream& stream = std::get<Stream>(*opened);
  return py::make_tuple("stream", stream.kind == StreamKind::websocket ? "websocket" : "events", stream.subprotocol,
                        stream.greeting, list_of(stream.missed), stream.seq);
}

py::tuple take(LiveService& service) {
  Mailbox::Content content;
  {
    const py::gil_scoped_release released;
    content = service.mailbox().take();
  }
  py::list replies, log;
  for (const auto& [number, response] : content.replies) replies.append(py::make_tuple(number, tuple_of(response)));
  for (const auto& [level, message] : content.log) log.append(py::make_tuple(static_cast<int>(level), message));
  return py::make_tuple(replies, list_of(content.events), log, content.lost);
}

void define_engine(py::module_& module) {
  py::class_<EngineOwner> engine(module, "SyncEngine");
  engine.def(py::init([](std::string yaml, std::string database, std::string config, std::string replica, Headers settings) {
               return std::make_unique<EngineOwner>(options(std::move(yaml), std::move(database), std::move(config), std::move(replica), std::move(settings)));
             }), Released());
  define_operations(engine);
}

void define_schedule_file(py::module_& module) {
  py::class_<ScheduleFile>(module, "ScheduleFile")
      .def(py::init([](std::string path, std::int64_t lock_timeout_ms, int backups) {
        return std::make_unique<ScheduleFile>(std::move(path), ScheduleFileOptions{std::chrono::milliseconds(lock_timeout_ms), backups});
      }))
      .def("read", &ScheduleFile::read, Released())
      .def("write", &ScheduleFile::write, Released())
      .def("metadata", &ScheduleFile::metadata, Released());
}

void define_service(py::module_& module) {
  py::class_<LiveService, LiveServicePtr> service(module, "Service");
  service
      .def(py::init([](std::string yaml, std::string database, std::string config, std::string replica, Headers settings,
                       std::string prefix, bool dashboard) {
             return LiveServicePtr(new LiveService(options(std::move(yaml), std::move(database), std::move(config), std::move(replica), std::move(settings)),
                                                   std::move(prefix), dashboard));
           }), Released())
      .def("stop", [](LiveService& live) { live->stop(); }, Released())
      .def("handle",
           [](LiveService& live, std::uint64_t number, std::string method, std::string target, Headers headers,
              const py::bytes& body, bool secure) {
             Request request = request_of(std::move(method), std::move(target), std::move(headers), body, secure);
             const py::gil_scoped_release released;
             live.handle(number, std::move(request));
           })
      .def("open_stream", open_stream)
      .def("take", take)
      .def("fileno", [](LiveService& live) { return live.mailbox().descriptor(); })
      .def("count_clients", [](LiveService& live, const std::string& kind, std::int64_t now) { live->count_clients(kind_of(kind), now); }, Released())
      .def_property_readonly("leads", [](LiveService& live) { return live->leads(); })
      .def_property_readonly("max_body", [](LiveService& live) { return live->max_body(); });
  define_operations(service);
}

}  // namespace
}  // namespace lockstep::python

PYBIND11_MODULE(_lockstep, module) {
  using namespace lockstep::python;
  py::register_exception_translator(translate);
  define_engine(module);
  define_schedule_file(module);
  define_service(module);
  module.def("openapi", [](const std::string& prefix) { return lockstep::openapi(prefix); });
  module.def("dashboard_paths", lockstep::dashboard_paths);
  module.def("carrier_problem", [](int status, std::string detail) { return tuple_of(lockstep::carrier_problem(status, std::move(detail))); });
  module.attr("__version__") = std::string(lockstep::version());
}
