#include "common/standard_fds.h"
#include "provision/python_provider.h"
#include "shell/application.h"

int main(int argc, char** argv) {
  muster::OpenMissingStandardFds();
  muster::provision::UsePythonProviders();
  return muster::clustershell::Main(argc, argv);
}
