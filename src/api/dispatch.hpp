// A request's way: where it comes from, whose it is, which route, what it says; then the
// route's handler. Thread-safe as far as its services are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "api/route.hpp"
#include "api/routes.hpp"
#include "api/safety.hpp"
#include "api/static_files.hpp"
#include "api/stream.hpp"

namespace lockstep::api {

class Dispatch {
 public:
  // All are kept by reference and outlive it and every reply.
  Dispatch(const Services& services, std::span<const StaticFile> files, std::string_view files_policy);

  // Replies once, on this thread or another.
  void handle(Request, Reply) const;
  std::optional<std::variant<StreamAccepted, Response>> open_stream(const Request&) const;

 private:
  // What came out of looking at a request: the route to carry it out, or the answer.
  struct Admitted {
    const Route* route = nullptr;
    std::string variable;  // decoded
    std::string query;
  };
  std::variant<Admitted, Response> admit(const Request&, std::string_view& label) const;
  std::optional<Response> refusal_response(const Request&, const std::optional<Refusal>&) const;
  std::optional<Response> authorise(const Request&, const Route*) const;
  Response other_method(const Request&, const std::vector<std::string_view>& methods) const;
  std::optional<std::string_view> below_root(std::string_view path) const;
  std::variant<CallPtr, Response> read_inputs(Admitted, Request) const;

  Reply finishing(const Request&, std::string_view method, std::string_view label, Reply) const;

  const Services& services_;
  std::span<const StaticFile> files_;
  std::string_view files_policy_;
};

}  // namespace lockstep::api
