// Where a PostgreSQL database is: a URL, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::postgres {

// Connection parameters by libpq's names. No function of it, and no message that
// it throws, gives away a password or the URL itself.
class Target {
 public:
  // `postgresql://…` or `postgres://…`, libpq's forms, every libpq parameter; a SQLAlchemy
  // driver suffix (`postgresql+asyncpg://`) is dropped, asyncpg's `ssl=` becomes `sslmode=`, and
  // parameters that only configure such a driver are ignored. Throws Error(usage).
  static Target parse(std::string_view url);
  static bool is_postgres_url(std::string_view url);

  struct Parameter {
    std::string keyword;
    std::string value;
  };
  const std::vector<Parameter>& parameters() const { return parameters_; }
  std::string_view value(std::string_view keyword) const;  // empty = not given

  // `database app on db.example.org:5432`, for messages.
  std::string describe() const;
  // The text with every occurrence of the password blotted out.
  std::string redact(std::string text) const;

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace lockstep::postgres
