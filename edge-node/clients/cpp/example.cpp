// Asks a node about one sample, then tells it the truth: example ADDRESS MODEL CLASS < SAMPLE
#include <iostream>
#include <iterator>
#include <skerry/client.hpp>

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::cerr << "example ADDRESS MODEL CLASS < SAMPLE    the bytes of one sample, and the name of its class\n";
        return 2;
    }
    const std::string sample{std::istreambuf_iterator<char>(std::cin), {}};
    skerry::client::Node node(argv[1], argv[2]);
    const skerry::client::Answer answer = node.infer(sample, {.deadline = std::chrono::milliseconds(20)});
    std::cout << "class " << answer.labels.at(0) << " by the " << answer.tiers.at(0) << " tier of version "
              << answer.version << '\n';
    std::cout << "label " << node.feedback({{answer.id, std::string(argv[3])}}).states.at(0) << '\n';
    return 0;
} catch (const std::exception& error) {  // NodeError has the node's own sentence
    std::cerr << error.what() << '\n';
    return 1;
}
