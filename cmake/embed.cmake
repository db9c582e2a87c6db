# Writes OUTPUT, a C++ source with the files of FOLDER as raw strings: portal/site.h says what it defines.
# cmake -DFOLDER=… -DOUTPUT=… -P embed.cmake
file(GLOB paths LIST_DIRECTORIES false ${FOLDER}/*)
list(SORT paths)
set(rows "")
foreach(path IN LISTS paths)
  get_filename_component(name ${path} NAME)
  file(READ ${path} content)
  string(FIND "${content}" ")lazuli\"" mark)
  if(NOT mark EQUAL -1)
    message(FATAL_ERROR "${path} holds the mark that ends a raw string")
  endif()
  string(APPEND rows "    {\"${name}\", R\"lazuli(${content})lazuli\"},\n")
endforeach()
string(CONCAT text
  "// Made by cmake/embed.cmake.\n#include \"portal/site.h\"\n\nnamespace lazuli::portal {\n\n"
  "std::span<const SiteFile> site_files() {\n  static constexpr SiteFile kFiles[] = {\n"
  "${rows}"
  "  };\n  return kFiles;\n}\n\n}  // namespace lazuli::portal\n")
file(WRITE ${OUTPUT} "${text}")
