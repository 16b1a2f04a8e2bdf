// `discriminat import`: lines of other logs into a store of this machine.
//
// Reads the input once, in pieces, with the memory of one batch (import_writer.h). What cannot be
// read (import_reader.h) is named with its line and costs nothing else; what was counted as stored
// is in the store, however the command ends. Events of any age are taken, and nothing is deleted:
// the caps of a gateway that runs on the same directory count from the day of the import. Covered
// by import_test.cc.
#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace dn::cli {

// The exit code (exit_codes.h).
int run_import(const ImportArguments& arguments, World& world);

}  // namespace dn::cli
