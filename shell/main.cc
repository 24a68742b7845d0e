#include "shell/application.h"

int main(int argc, char** argv) { return muster::clustershell::Main(argc, argv); }
