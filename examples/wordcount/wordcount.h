// The ten most frequent words in the files of a folder, counted on all nodes of a cluster at once.
#pragma once

#include <ClusterAPI.h>
#include <ostream>

// `arguments` may name the folder; every node has to see the same files in it. Returns the exit
// code: 0; 1 when a file could not be counted (`err` says why); 2 when the folder cannot be read.
int WordCount(muster::ClusterAPI& cluster, const std::vector<std::string>& arguments,
              std::ostream& out, std::ostream& err);
