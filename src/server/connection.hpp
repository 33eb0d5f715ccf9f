// What is open: counted for the limit, looked at for deadlines, ended at shutdown. Used by the loop's thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace lockstep::server {

using Clock = std::chrono::steady_clock;

class Connections;

class Connection {
 public:
  explicit Connection(Connections& all);  // which must outlive it
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Called every now and then: ends what has waited too long. It may not destroy connections, this one included, at
  // once: closing a socket leaves that to the operation that then completes.
  virtual void check_deadline(Clock::time_point now) = 0;
  // The server stops: ends, after what is under way.
  virtual void go_away() = 0;

 private:
  friend class Connections;
  Connections& all_;
  std::size_t place_ = 0;  // in all_
};

class Connections {
 public:
  std::size_t size() const { return all_.size(); }
  void check_deadlines(Clock::time_point now) {
    for (Connection* connection : all_) connection->check_deadline(now);
  }
  void go_away() {
    for (Connection* connection : all_) connection->go_away();
  }

 private:
  friend class Connection;
  std::vector<Connection*> all_;
};

}  // namespace lockstep::server
