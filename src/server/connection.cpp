#include "server/connection.hpp"

namespace lockstep::server {

Connection::Connection(Connections& all) : all_(all), place_(all.all_.size()) { all.all_.push_back(this); }

Connection::~Connection() {
  std::vector<Connection*>& all = all_.all_;
  all[place_] = all.back();
  all[place_]->place_ = place_;
  all.pop_back();
}

}  // namespace lockstep::server
