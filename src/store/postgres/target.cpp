#include "store/postgres/target.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

#include "model/error.hpp"

namespace lockstep::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Of SQLAlchemy's drivers: they tune the driver and mean nothing to libpq.
constexpr std::array<std::string_view, 7> kDriverOnly{
    "prepared_statement_cache_size", "prepared_statement_name_func", "statement_cache_size", "command_timeout",
    "timeout", "async_fallback", "max_cached_statement_lifetime"};

[[noreturn]] void refuse(std::string cause, std::string hint = "write postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE") {
  throw Error({.code = ErrorCode::usage,
               .operation = "read the database URL",
               .subject = {},
               .cause = std::move(cause),
               .hint = std::move(hint)});
}

bool known_to_libpq(std::string_view keyword) {
  static const Options known(PQconndefaults());
  for (const PQconninfoOption* o = known.get(); o != nullptr && o->keyword != nullptr; ++o) {
    if (keyword == o->keyword) return true;
  }
  return false;
}

// asyncpg says ssl=true|require|verify-full where libpq says sslmode.
std::string translated(std::string_view keyword, std::string_view value) {
  if (keyword == "ssl") {
    keyword = "sslmode";
    if (value == "true" || value == "True" || value == "1") value = "require";
    if (value == "false" || value == "False" || value == "0") value = "disable";
  }
  return std::string(keyword) + "=" + std::string(value);
}

// Checks each parameter by name: libpq's own message would quote parts of the URL.
std::string checked_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) refuse("a parameter after `?` has no value");
    const std::string_view keyword = item.substr(0, equals);
    if (std::find(kDriverOnly.begin(), kDriverOnly.end(), keyword) != kDriverOnly.end()) continue;
    if (keyword != "ssl" && !known_to_libpq(keyword)) {
      refuse("it has a parameter `" + std::string(keyword.substr(0, 40)) + "` that libpq does not know");
    }
    out += out.empty() ? "?" : "&";
    out += translated(keyword, item.substr(equals + 1));
  }
  return out;
}

std::string normalised(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::string_view rest = url.substr(scheme_end + 3);
  const std::size_t question = std::min(rest.find('?'), rest.size());
  std::string out = "postgresql://";
  out += rest.substr(0, question);
  if (question < rest.size()) out += checked_query(rest.substr(question + 1));
  return out;
}

}  // namespace

bool Target::is_postgres_url(std::string_view url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return false;
  const std::string_view scheme = url.substr(0, std::min(url.find('+'), end));
  return scheme == "postgresql" || scheme == "postgres";
}

Target Target::parse(std::string_view url) {
  if (!is_postgres_url(url)) refuse("it does not begin with postgresql://");
  if (url.find('\0') != std::string_view::npos) refuse("it contains a NUL character");
  char* message = nullptr;
  const Options options(PQconninfoParse(normalised(url).c_str(), &message));
  if (message != nullptr) PQfreemem(message);
  if (!options) {
    refuse("libpq does not understand it",
           "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE; in a user name or password, `@` `:` `/` `?` `#` `%` "
           "are written as %40 %3A %2F %3F %23 %25");
  }
  Target target;
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val != nullptr && *o->val != '\0') target.parameters_.push_back({o->keyword, o->val});
  }
  return target;
}

std::string_view Target::value(std::string_view keyword) const {
  for (const Parameter& p : parameters_) {
    if (p.keyword == keyword) return p.value;
  }
  return {};
}

std::string Target::describe() const {
  const auto or_default = [this](std::string_view keyword, const char* otherwise) {
    const std::string_view given = value(keyword);
    return given.empty() ? std::string(otherwise) : std::string(given);
  };
  std::string text = "database " + or_default("dbname", "(default)") + " on " + or_default("host", "this machine");
  if (!value("port").empty()) text += ":" + std::string(value("port"));
  return text;
}

std::string Target::redact(std::string text) const {
  for (const std::string_view keyword : {"password", "sslpassword"}) {
    const std::string_view secret = value(keyword);
    if (secret.size() < 2) continue;
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace lockstep::postgres
