// How the clients of a running daemon connect to it and wait for it. Private to this room.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

#include "model/error.hpp"
#include "server/asio.hpp"
#include "server/daemon_address.hpp"

namespace lockstep::server {

std::string shown(const DaemonAddress&);
std::string host_header(const DaemonAddress&);
Error unreachable(const DaemonAddress&, std::string cause, std::string hint = "");

// Throws Error(unreachable).
Awaitable<void> connect(Socket&, const DaemonAddress&);

// Runs the loop until the coroutine is done, but no longer than that; throws what it threw, or Error(unreachable).
template <typename T>
T finish(asio::io_context& loop, const DaemonAddress& address, Awaitable<T> coroutine,
         std::chrono::steady_clock::duration at_most) {
  std::exception_ptr failure;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  if constexpr (std::is_void_v<T>)
    asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr e) { failure = e, result = true; });
  else
    asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr e, T value) { failure = e, result = std::move(value); });
  loop.restart();
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!result && loop.run_one_until(deadline) > 0) {
  }
  if (!result) throw unreachable(address, "no answer in time");
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace lockstep::server
