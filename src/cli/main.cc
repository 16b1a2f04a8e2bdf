// The program's entry; everything else is a library, so that tests reach it.
#include "cli/run_cli.h"

int main(int argc, char** argv) {
  return dn::cli::run_cli(argc, argv);
}
