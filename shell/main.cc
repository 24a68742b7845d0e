#include "common/standard_fds.h"
#include "shell/application.h"

int main(int argc, char** argv) {
  muster::OpenMissingStandardFds();
  return muster::clustershell::Main(argc, argv);
}
