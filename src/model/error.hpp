// The one exception of lockstep, which the public headers promise too.
#pragma once

#include "lockstep/error.hpp"
