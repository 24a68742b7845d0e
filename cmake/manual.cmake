# The pages of the manual, made of what the programs say of themselves (--help) and of what stands in
# docs/man.
find_program(HELP2MAN help2man REQUIRED)
set(manual_pages)
foreach(program clustershell clusterd muster-nodeset)
  set(page ${PROJECT_BINARY_DIR}/man/${program}.1)
  set(include ${PROJECT_SOURCE_DIR}/docs/man/${program}.h2m)
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
    COMMAND ${HELP2MAN} --no-info --include=${include} --output=${page} $<TARGET_FILE:${program}>
    DEPENDS ${program} ${include}
    VERBATIM)
  list(APPEND manual_pages ${page})
endforeach()
add_custom_target(manual ALL DEPENDS ${manual_pages})
add_dependencies(programs manual)
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
