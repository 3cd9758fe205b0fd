# The C++ example of the README is the program that the consumer tests build, letter by letter.
file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/tests/consumer/find_package/main.cc" example)
string(FIND "${readme}" "```cpp\n${example}```" position)
if(position LESS 0)
  message(FATAL_ERROR "README.md does not hold tests/consumer/find_package/main.cc as its C++ example")
endif()
