#include <iostream>

#include "coordinator/cli/cli.hpp"

int main(int argc, char** argv) {
    const std::span<const char* const> args(argv + (argc > 0 ? 1 : 0),
                                            static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
    return skerry::cli::run_cli(args, std::cout, std::cerr, skerry::cli::surroundings_of_process());
}
