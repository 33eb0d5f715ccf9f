// Asio as this room uses it: one loop on one thread, one kind of socket for TCP and unix.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <exception>

namespace lockstep::server {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;

// The completion token of all coroutines here: `co_await socket.async_wait(…, into(error))`.
inline auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable_t<Executor>(), error); }

// Runs it on the loop. An exception that leaves it (memory is short) ends the coroutine, and what it owned, alone.
inline void spawn(const Executor& executor, Awaitable<void> coroutine) {
  asio::co_spawn(executor, std::move(coroutine), [](std::exception_ptr) {});
}

}  // namespace lockstep::server
