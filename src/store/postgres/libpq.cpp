// libpq, loaded when the first PostgreSQL database is opened.
//
// Linked the usual way, libpq brings two dozen libraries (TLS, Kerberos, LDAP)
// into every start of the program: 15 ms that a sync with SQLite, or a look at a
// cron expression, would pay for nothing. Each function of it that this room
// calls is defined here and passes on to the library; one that is missing here is
// an undefined symbol when the program is linked.
#include <dlfcn.h>
#include <libpq-fe.h>

#include "model/error.hpp"

namespace {

// Loaded once and never unloaded: libraries below it register things that outlive any use of ours.
void* libpq() {
  static void* const library = [] {
    void* const loaded = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (loaded == nullptr) {
      const char* const cause = dlerror();
      throw lockstep::Error({.code = lockstep::ErrorCode::database,
                             .operation = "load PostgreSQL's client library",
                             .cause = cause != nullptr ? cause : "",
                             .hint = "install the package libpq5"});
    }
    return loaded;
  }();
  return library;
}

template <typename Function>
Function* symbol(const char* name) {
  void* const found = dlsym(libpq(), name);
  if (found == nullptr)
    throw lockstep::Error({.code = lockstep::ErrorCode::database,
                           .operation = "load PostgreSQL's client library",
                           .cause = std::string("it has no ") + name,
                           .hint = "install a newer libpq5"});
  return reinterpret_cast<Function*>(found);
}

}  // namespace

// Defines the function that libpq-fe.h declares.
#define LOCKSTEP_FORWARD(result, name, parameters, arguments)               \
  result name parameters {                                                  \
    static decltype(name)* const function = symbol<decltype(name)>(#name); \
    return function arguments;                                              \
  }

extern "C" {
LOCKSTEP_FORWARD(int, PQbackendPID, (const PGconn* c), (c))
LOCKSTEP_FORWARD(void, PQclear, (PGresult * r), (r))
LOCKSTEP_FORWARD(char*, PQcmdStatus, (PGresult * r), (r))
LOCKSTEP_FORWARD(char*, PQcmdTuples, (PGresult * r), (r))
LOCKSTEP_FORWARD(PQconninfoOption*, PQconndefaults, (void), ())
LOCKSTEP_FORWARD(PGconn*, PQconnectdbParams, (const char* const* k, const char* const* v, int expand), (k, v, expand))
LOCKSTEP_FORWARD(PostgresPollingStatusType, PQconnectPoll, (PGconn * c), (c))
LOCKSTEP_FORWARD(PGconn*, PQconnectStartParams, (const char* const* k, const char* const* v, int expand), (k, v, expand))
LOCKSTEP_FORWARD(void, PQconninfoFree, (PQconninfoOption * o), (o))
LOCKSTEP_FORWARD(PQconninfoOption*, PQconninfoParse, (const char* text, char** error), (text, error))
LOCKSTEP_FORWARD(int, PQconsumeInput, (PGconn * c), (c))
LOCKSTEP_FORWARD(char*, PQerrorMessage, (const PGconn* c), (c))
LOCKSTEP_FORWARD(void, PQfinish, (PGconn * c), (c))
LOCKSTEP_FORWARD(void, PQfreemem, (void* p), (p))
LOCKSTEP_FORWARD(int, PQgetCopyData, (PGconn * c, char** buffer, int async), (c, buffer, async))
LOCKSTEP_FORWARD(PGresult*, PQgetResult, (PGconn * c), (c))
LOCKSTEP_FORWARD(int, PQgetisnull, (const PGresult* r, int row, int column), (r, row, column))
LOCKSTEP_FORWARD(int, PQgetlength, (const PGresult* r, int row, int column), (r, row, column))
LOCKSTEP_FORWARD(char*, PQgetvalue, (const PGresult* r, int row, int column), (r, row, column))
LOCKSTEP_FORWARD(int, PQisBusy, (PGconn * c), (c))
LOCKSTEP_FORWARD(PGnotify*, PQnotifies, (PGconn * c), (c))
LOCKSTEP_FORWARD(int, PQntuples, (const PGresult* r), (r))
LOCKSTEP_FORWARD(int, PQputCopyData, (PGconn * c, const char* buffer, int length), (c, buffer, length))
LOCKSTEP_FORWARD(int, PQputCopyEnd, (PGconn * c, const char* error), (c, error))
LOCKSTEP_FORWARD(char*, PQresultErrorField, (const PGresult* r, int field), (r, field))
LOCKSTEP_FORWARD(ExecStatusType, PQresultStatus, (const PGresult* r), (r))
LOCKSTEP_FORWARD(int, PQsendQuery, (PGconn * c, const char* query), (c, query))
LOCKSTEP_FORWARD(int, PQsendQueryParams,
                 (PGconn * c, const char* command, int count, const Oid* types, const char* const* values,
                  const int* lengths, const int* formats, int result_format),
                 (c, command, count, types, values, lengths, formats, result_format))
LOCKSTEP_FORWARD(int, PQserverVersion, (const PGconn* c), (c))
LOCKSTEP_FORWARD(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * c, PQnoticeReceiver receiver, void* argument),
                 (c, receiver, argument))
LOCKSTEP_FORWARD(int, PQsocket, (const PGconn* c), (c))
LOCKSTEP_FORWARD(ConnStatusType, PQstatus, (const PGconn* c), (c))
LOCKSTEP_FORWARD(PGTransactionStatusType, PQtransactionStatus, (const PGconn* c), (c))
}
