# The Debian package, made by scripts/package. One component, no build of other targets: CPack takes
# the program and the files that package_files.py made, and asks dpkg-shlibdeps for libraries.
# Service, maintainer scripts and conffiles lie in packaging/; tests/package/ installs the result.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR NOT TARGET discriminat)
  return()
endif()

set(made ${CMAKE_BINARY_DIR}/package)
add_custom_target(package_files
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/scripts/lib/package_files.py
          --version ${PROJECT_VERSION} --output ${made}
  VERBATIM)

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
set(doc usr/share/doc/discriminat)
install(TARGETS discriminat DESTINATION usr/bin)
install(FILES ${packaging}/discriminat.service DESTINATION lib/systemd/system)
install(FILES ${packaging}/policy.toml DESTINATION etc/discriminat)
install(FILES ${packaging}/sysctl.conf DESTINATION usr/lib/sysctl.d RENAME 50-discriminat.conf)
install(FILES ${packaging}/modules.conf DESTINATION usr/lib/modules-load.d
  RENAME discriminat.conf)
install(FILES ${packaging}/aws/set_up_aws_network.py DESTINATION usr/share/discriminat)
install(FILES ${packaging}/prometheus/alerts.yml DESTINATION usr/share/discriminat/prometheus)
install(FILES ${packaging}/grafana/discriminat.json DESTINATION usr/share/discriminat/grafana)
install(FILES ${made}/discriminat.8.gz DESTINATION usr/share/man/man8)
install(FILES ${made}/discriminat.toml.5.gz DESTINATION usr/share/man/man5)
install(FILES ${made}/changelog.gz ${made}/changelog.Debian.gz ${packaging}/debian/copyright
  README.md SECURITY.md DESTINATION ${doc})
install(FILES ${packaging}/debian/lintian-overrides DESTINATION usr/share/lintian/overrides
  RENAME discriminat)
install(DIRECTORY docs DESTINATION ${doc})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME discriminat)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER
  "The discriminat maintainers <maintainers@discriminat.invalid>" CACHE STRING
  "who answers for the package")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS nftables)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, chrony | time-daemon")
# For set_up_aws_network.py alone.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS python3)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/debian/postinst ${packaging}/debian/prerm
  ${packaging}/debian/postrm ${packaging}/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "transparent, default-deny egress firewall and NAT gateway
discriminat stands on the default route of a network. It reads the first
bytes of each TCP connection, in both directions, without ending or
decrypting it, and lets it through only if a rule of this client names the
destination, the handshake is sound and modern, and its own DNS look-ups
confirm that the address belongs to the name. Each decision is one line of
JSON.")
include(CPack)
